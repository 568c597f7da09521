module_version("clang/17.0.6", "default")
