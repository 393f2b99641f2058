// Which release of Sluice this is: programs say it with --version, and an audit
// trail records it when it is opened.
#ifndef SLUICE_LIBS_BASE_SOFTWARE_VERSION_H_
#define SLUICE_LIBS_BASE_SOFTWARE_VERSION_H_

namespace sluice {

inline constexpr char kSoftwareVersion[] = "0.1.0";

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_SOFTWARE_VERSION_H_
