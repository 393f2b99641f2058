"""The server.properties of a node: small, on loopback, quick to notice and to forget."""

# What each is for stands in docs/operations/kafka.md, with the values for production.
SMALL = {
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "num.replica.fetchers": 1,
    "log.cleaner.threads": 1,
    "log.cleaner.dedupe.buffer.size": 16 << 20,
    "log.cleaner.io.buffer.size": 256 << 10,
    "log.index.size.max.bytes": 1 << 20,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "offsets.topic.segment.bytes": 8 << 20,
    "transaction.state.log.segment.bytes": 8 << 20,
}
QUICK = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "log.cleaner.backoff.ms": 1000,
    "log.retention.check.interval.ms": 1000,
    "log.segment.delete.delay.ms": 1000,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "replica.lag.time.max.ms": 10000,
}


def quote(value):
    return str(value).replace("\\", "\\\\")


def listeners(node, nodes, secure, certificates):
    """Plain: clients and brokers share a listener. Secure: clients come with a password,
    brokers and controllers with a certificate, each over TLS."""
    ports = node["ports"]
    names = {"CLIENT": "SASL_SSL" if secure else "PLAINTEXT",
             "CONTROLLER": "SSL" if secure else "PLAINTEXT"}
    if secure:
        names["INTERNAL"] = "SSL"
    urls = {name: f"{name}://127.0.0.1:{ports[name.lower()]}" for name in names}
    settings = {
        "process.roles": "broker,controller",
        "node.id": node["id"],
        "controller.quorum.voters": ",".join(
            f"{each['id']}@127.0.0.1:{each['ports']['controller']}" for each in nodes),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "INTERNAL" if secure else "CLIENT",
        "listeners": ",".join(urls.values()),
        "advertised.listeners": ",".join(
            url for name, url in urls.items() if name != "CONTROLLER"),
        "listener.security.protocol.map": ",".join(
            f"{name}:{protocol}" for name, protocol in names.items()),
    }
    if secure:
        settings.update({
            "sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.client.scram-sha-256.sasl.jaas.config":
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": certificates / "node.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": certificates / "ca.pem",
            "listener.name.internal.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "authorizer.class.name":
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:admin;User:CN=broker,O=kafka",
        })
    return settings


def properties(node, state, certificates):
    nodes = state["nodes"]
    replicas = min(3, len(nodes))
    settings = listeners(node, nodes, state["secure"], certificates)
    settings.update(SMALL)
    settings.update(QUICK)
    settings.update({
        "log.dirs": node["data"],
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
    })
    if not state["version"].startswith("3."):
        settings["share.coordinator.state.topic.replication.factor"] = replicas
        settings["share.coordinator.state.topic.min.isr"] = max(1, replicas - 1)
    settings.update(state["settings"])
    return "".join(f"{key}={quote(value)}\n" for key, value in settings.items())
