#include "libs/delivery/caller.h"

namespace sluice::delivery {

audit::v1::Peer PeerOf(const Caller& caller) {
  audit::v1::Peer peer;
  peer.set_spiffe_id(caller.spiffe_id);
  peer.set_department(caller.department);
  peer.set_certificate_digest(caller.certificate_digest.data(),
                              caller.certificate_digest.size());
  return peer;
}

}  // namespace sluice::delivery
