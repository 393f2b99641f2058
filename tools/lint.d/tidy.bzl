"""clang-tidy over the sources of cc_library and cc_binary targets.

    bazel build --aspects=//tools/lint.d:tidy.bzl%tidy --output_groups=tidy \
      --//tools/lint.d:clang_tidy=PROGRAM //libs/...

Tests and generated sources are left out. Each source gets a report, which is empty if
there is nothing to mend; tools/lint.d/tidy.py prints them.
"""

ClangTidyInfo = provider(fields = {"path": "absolute path of the program"})

def _clang_tidy_path_impl(ctx):
    return ClangTidyInfo(path = ctx.build_setting_value)

clang_tidy_path = rule(
    implementation = _clang_tidy_path_impl,
    build_setting = config.string(flag = True),
)

def _where(path, flag):
    return ("-isystem" if path.startswith("bazel-out/") else flag) + path

def _tidy_impl(target, ctx):
    if ctx.rule.kind not in ["cc_library", "cc_binary"] or ctx.rule.attr.testonly:
        return []
    context = target[CcInfo].compilation_context
    sources = [
        source
        for label in ctx.rule.attr.srcs
        for source in label.files.to_list()
        if source.is_source and source.extension == "cc"
    ]

    flags = ["-std=c++20", "-UNDEBUG", "-Wall", "-Wextra", "-Wthread-safety"]
    flags += ["-D" + define for define in context.defines.to_list() + context.local_defines.to_list()]
    # Generated headers are judged as the system's are, not at all, and so read faster.
    flags += [_where(path, "-I") for path in context.includes.to_list()]
    flags += [_where(path, "-iquote") for path in context.quote_includes.to_list()]
    flags += [_where(path, "-isystem") for path in context.system_includes.to_list()]

    reports = []
    for source in sources:
        # A source in two targets has a report in each.
        report = ctx.actions.declare_file("%s.%s.tidy" % (source.basename, ctx.label.name))
        ctx.actions.run(
            executable = ctx.executable._run_tidy,
            arguments = [
                ctx.attr._clang_tidy[ClangTidyInfo].path,
                report.path,
                ctx.file._config.path,
                source.path,
            ] + flags,
            inputs = depset([source, ctx.file._config], transitive = [context.headers]),
            outputs = [report],
            mnemonic = "ClangTidy",
            progress_message = "Judging %s with clang-tidy" % source.short_path,
            use_default_shell_env = True,
        )
        reports.append(report)
    return [OutputGroupInfo(tidy = depset(reports))]

tidy = aspect(
    implementation = _tidy_impl,
    attrs = {
        "_clang_tidy": attr.label(default = "//tools/lint.d:clang_tidy"),
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
        "_run_tidy": attr.label(
            default = "//tools/lint.d:run_tidy.sh",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
    },
)
