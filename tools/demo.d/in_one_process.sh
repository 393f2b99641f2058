# The demo's exchange as one process on the embedded bus. Sourced by tools/demo.
# shellcheck shell=bash disable=SC2034,SC2154

start_exchange() {
  step "Starting sluice: adapters, broker, bus, registry and audit trail"
  start_process sluice sluice "${dir}/sluice.yaml"
  servers="$(said sluice grpc)"
  genesis="$(said sluice genesis)"
  officer_key=../data/keys/signing/officer.pem
  publishers=(sluice)
  auditors=(auditor)
  client auditor data-bureau-auditor
}

# There is one process, so nothing to show.
show_scale_out() { true; }
