# The demo's exchange on Apache Kafka: an adapter process for each department, two
# brokers. What docs/operations/install.md tells to do. Sourced by tools/demo.
# shellcheck shell=bash disable=SC2034,SC2154

readonly departments=(civil-affairs public-security health)

stop_bus() {
  [[ ! -e "${dir}/kafka" ]] || "${root}/tools/kafka" stop --dir "${dir}/kafka" --remove
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_exchange() {
  local kafka_options=(--dir "${dir}/kafka" --nodes 1)
  local bootstrap department number name
  step "Starting Apache Kafka"
  [[ "${keep}" == true ]] || kafka_options+=(--parent $$)
  bootstrap="$(tools/kafka start "${kafka_options[@]}" | sed -n 's/^bootstrap=//p')"
  stop_bus_command="${root}/tools/kafka stop --dir ${dir}/kafka --remove"
  echo "bootstrap=${bootstrap}"

  cd "${dir}" || exit
  mkdir -p keys
  step "A trust domain: its genesis, the brokers' common root, a key for each process"
  run sluicectl genesis create --trust-domain county.example --ca-file certs/ca.pem \
    --officer-department data-bureau --officer-key keys/officer.pem --out genesis.bin
  genesis="$(sluicectl genesis show genesis.bin --output jsonl |
    sed -E 's/.*"genesis_sha256":"([0-9a-f]+)".*/\1/')"
  run sluicectl key make-root keys/shared
  for name in broker-1 broker-2 "${departments[@]/#/adapter-}"; do
    brief sluicectl key create "keys/${name}.pem"
  done
  sed -i -e "s/0000000000000000000000000000000000000000000000000000000000000000/${genesis}/" \
    -e "s/127.0.0.1:9092/${bootstrap}/" kafka/*.yaml

  step "Starting two brokers"
  for number in 1 2; do
    sed -i "s/^  listen: 127.0.0.1:744.$/  listen: 127.0.0.1:$(free_port)/" \
      "kafka/broker-${number}.yaml"
    start_process "broker-${number}" sluice-broker "kafka/broker-${number}.yaml"
  done
  servers="$(said broker-1 grpc), $(said broker-2 grpc)"
  officer_key=../keys/officer.pem

  step "The security officer enrols departments, brokers and adapters"
  client officer data-bureau-officer "${officer_key}"
  client auditor data-bureau-auditor
  officer() { brief sluicectl --config clients/officer.yaml "$@"; }
  officer department enrol civil-affairs --name 民政局
  officer department enrol public-security --name 公安局
  officer department enrol health --name 卫生健康局
  officer department enrol community-grid --name 社区网格中心
  for number in 1 2; do
    officer key enrol --department data-bureau --role broker \
      --holder "数据局 b${number}" --key-file "keys/broker-${number}.pem"
  done
  for department in "${departments[@]}"; do
    officer key enrol --department "${department}" --role adapter \
      --holder "${department}" --key-file "keys/adapter-${department}.pem"
  done
  for number in 1 2; do
    until curl --silent --fail --output out/readyz "$(said "broker-${number}" http)/readyz"; do
      sleep 0.1
    done
    client "auditor-${number}" data-bureau-auditor "" "$(said "broker-${number}" grpc)"
    client "officer-${number}" data-bureau-officer "${officer_key}" \
      "$(said "broker-${number}" grpc)"
  done
  auditors=(auditor-1 auditor-2)

  step "Starting an adapter for each department"
  publishers=("${departments[@]/#/adapter-}")
  for department in "${departments[@]}"; do
    start_process "adapter-${department}" sluice-adapter "kafka/adapter-${department}.yaml"
  done
}

digest_at() { # broker
  sluicectl --config "clients/officer-$1.yaml" status --output jsonl |
    sed -E 's/.*"state_digest":"([0-9a-f]+)".*/\1/'
}

show_scale_out() {
  local received lines consumer
  step "Two brokers, one state"
  run sluicectl --config clients/officer.yaml broker list
  echo "broker-1: $(digest_at 1)"
  echo "broker-2: $(digest_at 2)"
  [[ "$(digest_at 1)" == "$(digest_at 2)" ]]

  step "A broker is stopped under a consumer"
  echo "${dim}\$ sluicectl --config clients/grid.yaml subscribe grid-people --group failover ...${plain}"
  # Takes some seconds, whatever the number of records.
  sluicectl --config clients/grid.yaml subscribe grid-people --purpose 社区网格化管理 \
    --group failover --from beginning --until-caught-up --output csv 2> out/failover.log |
    python3 "${root}/tools/demo.d/slowly.py" $((rows / 4 + 1)) > out/failover.csv &
  consumer=$!
  until [[ -s out/failover.csv ]]; do sleep 0.1; done
  stop_process broker-1
  echo "broker-1 has stopped; the consumer had $(($(wc -l < out/failover.csv))) lines"
  wait "${consumer}"
  cat out/failover.log
  received="$(grep -c '^upsert,' out/failover.csv)"
  lines="$(sort out/failover.csv | grep '^upsert,' | uniq | wc -l)"
  echo "the consumer has ${received} records, ${lines} of them different, of ${rows}"
  ((received == rows && lines == rows))
  grep -q 'going on at' out/failover.log
  start_process broker-1 sluice-broker kafka/broker-1.yaml

  step "An approver takes an agreement back: both brokers confirm"
  run sluicectl --config clients/approver-civil-affairs.yaml agreement revoke grid-divisions \
    --version 1 --reason 试点结束
  refused sluicectl --config clients/grid.yaml subscribe grid-divisions \
    --purpose 社区网格化管理 --count-only
}
