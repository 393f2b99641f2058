// What stands for the letters and digits of a text that shows its form alone.
#ifndef SLUICE_LIBS_DESENSITIZE_CLASS_SIGNS_H_
#define SLUICE_LIBS_DESENSITIZE_CLASS_SIGNS_H_

namespace sluice::desensitize {

inline constexpr char kUpperSign = 'X';
inline constexpr char kLowerSign = 'x';
inline constexpr char kDigitSign = 'n';

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CLASS_SIGNS_H_
