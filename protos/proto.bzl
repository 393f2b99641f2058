"""C++ from .proto files with the system's protoc and gRPC plugin.

Bazel's own proto rules would build protoc from source; Debian's is the one the
system's libprotobuf matches.
"""

def sluice_proto(name, srcs, deps = [], grpc = False):
    """A cc_library `name` with the messages of srcs and, with grpc, one `name`_grpc
    with their services: a library that knows no gRPC depends on the first alone.

    Include generated headers by the path below protos/:
    "sluice/records/v1/batch.pb.h".

    Args:
      name: the library's name.
      srcs: .proto files of this package.
      deps: sluice_proto libraries whose files srcs import.
      grpc: whether srcs define services.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    outs = [stem + ext for stem in stems for ext in [".pb.cc", ".pb.h"]]
    plugin = ""
    if grpc:
        outs += [stem + ext for stem in stems for ext in [".grpc.pb.cc", ".grpc.pb.h"]]
        plugin = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$$OUT"
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + [dep + "_srcs" for dep in deps],
    )
    native.genrule(
        name = name + "_gen",
        srcs = [":" + name + "_srcs"],
        outs = outs,
        cmd = " ".join([
            "OUT=$(BINDIR)/protos;",
            "/usr/bin/protoc -Iprotos --cpp_out=$$OUT",
            plugin,
        ] + ["%s/%s" % (native.package_name(), src) for src in srcs]),
    )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc" for stem in stems],
        hdrs = [stem + ".pb.h" for stem in stems],
        strip_include_prefix = "/protos",
        deps = deps + ["//third_party:protobuf"],
    )
    if grpc:
        native.cc_library(
            name = name + "_grpc",
            srcs = [stem + ".grpc.pb.cc" for stem in stems],
            hdrs = [stem + ".grpc.pb.h" for stem in stems],
            strip_include_prefix = "/protos",
            deps = [":" + name, "//third_party:grpc"],
        )
