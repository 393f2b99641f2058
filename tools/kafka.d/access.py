"""Users of a secure Kafka and what each role may do.

docs/operations/kafka.md has the same rules as kafka-acls commands, for a cluster that
others run; a test holds them to be enough and no more.
"""

import os
import secrets
import time

import processes
from cluster import SCRAM_ITERATIONS
from errors import USAGE, Failure
from wire import Connection, ProtocolError, salted_password

# Kafka's numbers.
TOPIC, GROUP, TRANSACTIONAL_ID = 2, 3, 5
LITERAL, PREFIXED = 3, 4
READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS = 3, 4, 5, 8, 10

PATIENCE_S = 30

LOOK = (DESCRIBE, DESCRIBE_CONFIGS)
OWN = (READ, WRITE, CREATE, *LOOK)


def adapter_rules(department, prefix):
    # A name ends in a dot where it is a prefix: of civil-affairs, civil is one too.
    return [
        (TOPIC, f"{prefix}records.{department}.", PREFIXED, OWN),
        (TOPIC, f"{prefix}quarantine.{department}.", PREFIXED, OWN),
        (TOPIC, f"{prefix}positions.{department}", LITERAL, OWN),
        (TOPIC, f"{prefix}registry", LITERAL, (READ, WRITE, *LOOK)),
        (TRANSACTIONAL_ID, f"{prefix}adapter.{department}", LITERAL, (WRITE, DESCRIBE)),
    ]


def broker_rules(prefix):
    return [
        (TOPIC, f"{prefix}records.", PREFIXED, (READ, *LOOK)),
        (TOPIC, f"{prefix}registry", LITERAL, OWN),
        (GROUP, f"{prefix}sluice.", PREFIXED, (READ, DESCRIBE)),
    ]


def client_settings(cluster, user=None, password=None):
    """librdkafka's settings for a client; the super user's without a user."""
    settings = {"bootstrap.servers": cluster.bootstrap()}
    if cluster.state["secure"]:
        settings.update({
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(cluster.folder / "certificates" / "ca.pem"),
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": user or "admin",
            "sasl.password": password or cluster.state["admin_password"],
        })
    return settings


def connect(cluster, node, user="admin", password=None):
    connection = Connection(node["ports"]["client"],
                            cluster.folder / "certificates" / "ca.pem", timeout_s=10.0)
    connection.log_in(user, password or cluster.state["admin_password"])
    return connection


def knows(cluster, node, user, password, rules):
    """Whether the node lets the user in and has as many rules about it."""
    try:
        connect(cluster, node, user, password).__exit__()
        with connect(cluster, node) as connection:
            return connection.count_acls(f"User:{user}") >= rules
    except ProtocolError:
        return False


def grant(cluster, role, user, department, prefix):
    """Makes the user, or gives it a new password, and its rules; returns its settings
    when all nodes that run go by them."""
    cluster.must_exist()
    if not cluster.state["secure"]:
        raise Failure(f"the Kafka in {cluster.folder} asks nobody for a password: start one "
                      "with --secure")
    if (role == "adapter") != bool(department):
        raise Failure("an adapter has a --department, a broker has none", USAGE)
    nodes = [node for node in cluster.running()
             if not processes.is_paused(node["process"][0])]
    if not nodes:
        raise Failure(f"no node runs in {cluster.folder}: tools/kafka start --dir "
                      f"{cluster.folder}")
    granted = adapter_rules(department, prefix) if role == "adapter" else broker_rules(prefix)
    rules = [(resource, name, pattern, f"User:{user}", operation)
             for resource, name, pattern, operations in granted for operation in operations]
    password = secrets.token_hex(16)
    salt = os.urandom(16)
    try:
        with connect(cluster, nodes[0]) as connection:
            connection.set_password(user, salt, SCRAM_ITERATIONS,
                                    salted_password(password, salt, SCRAM_ITERATIONS))
            connection.create_acls(rules)
        deadline = time.monotonic() + PATIENCE_S
        while not all(knows(cluster, node, user, password, len(rules)) for node in nodes):
            if time.monotonic() > deadline:
                raise Failure(f"after {PATIENCE_S} s not all nodes know {user}: see "
                              f"tools/kafka logs --dir {cluster.folder}")
            time.sleep(0.05)
    except (OSError, ProtocolError) as error:
        raise Failure(f"granting {user} its access failed: {error}") from error
    return client_settings(cluster, user, password)


def change_topic(cluster, name, settings, delete):
    """Gives a topic settings, or takes it away."""
    ca = cluster.folder / "certificates" / "ca.pem" if cluster.state["secure"] else None
    for node in cluster.running():
        try:
            with Connection(node["ports"]["client"], ca, timeout_s=30.0) as connection:
                if ca:
                    connection.log_in("admin", cluster.state["admin_password"])
                if delete:
                    connection.delete_topic(name)
                else:
                    connection.set_topic(name, settings)
                return
        except OSError:
            continue  # another node may answer
        except ProtocolError as error:
            raise Failure(f"topic {name} is not changed: {error}") from error
    raise Failure(f"no node of the Kafka in {cluster.folder} answers")
