# For xonsh. One line in ~/.xonshrc, with the path of this file:
#
#     source /opt/lmodpy/share/lmodpy/init/xonsh.xsh
#
# or `execx($(lmodpy init xonsh))`. Everything happens in a function, so that no name but those of aliases is left.


def _lmodpy(file):
    import os
    import subprocess
    import sys

    from xonsh.built_ins import XSH
    from xonsh.tools import unthreadable

    env, aliases = XSH.env, XSH.aliases
    if os.path.islink(file):
        file = os.path.realpath(file)
    package = os.path.dirname(os.path.dirname(os.path.abspath(file)))
    prefix = os.path.dirname(os.path.dirname(package))

    # As in init/common, which tells what these are.
    places = [f"{package}/bin", f"{prefix}/bin", f"{package}/init/../../../bin"]
    env["LMOD_PKG"] = env["MODULESHOME"] = package
    env["LMOD_ROOT"] = os.path.dirname(package)
    env["LMOD_DIR"] = next((place for place in places if os.access(f"{place}/lmodpy-cmd", os.X_OK)), places[-1])
    command = env.get("LMOD_CMD", "")
    if not (command.startswith("/") and command.endswith("/lmodpy-cmd") and os.access(command, os.X_OK)):
        env["LMOD_CMD"] = env["LMOD_DIR"] + "/lmodpy-cmd"
    env["LMOD_VERSION"] = "9.2.9"

    def run(words):
        """Run a program, which gets the user's LD_* variables under other names; they are not for ours."""
        environ = dict(env.detype())
        for name in ("LD_LIBRARY_PATH", "LD_PRELOAD"):
            environ.pop("__LMOD_PROTECTED_" + name, None)
            if name in environ:
                environ["__LMOD_PROTECTED_" + name] = environ.pop(name)
        return subprocess.run(words, env=environ, capture_output=True)

    def read(data):
        return data.decode("utf-8", "surrogateescape")

    if "MODULEPATH" not in env:
        found = read(run(["/bin/sh", f"{package}/init/modulepath"]).stdout).removesuffix("\n")
        if found:
            env["MODULEPATH"] = found

    @unthreadable
    def module(args, stdin=None, stdout=None, stderr=None):
        """Load modules, and ask about them."""
        done = run([env["LMOD_CMD"], "xonsh", *args])
        (stderr or sys.stderr).write(done.stderr.decode("utf-8", "replace"))
        if done.returncode == 0:
            XSH.builtins.execx(read(done.stdout))
        return done.returncode

    @unthreadable
    def ml(args, stdin=None, stdout=None, stderr=None):
        """module, in short."""
        return module(["ml", *args], stdin, stdout, stderr)

    @unthreadable
    def clear_mt(args):
        """Forget what is loaded, and leave everything else in place."""
        for name in ("__LMODPY_STATE", "LOADEDMODULES", "_LMFILES_"):
            env.pop(name, None)

    @unthreadable
    def clear_lmod(args):
        """Take back the modules, and what this file has set."""
        module(["--force", "purge"])
        clear_mt([])
        set_here = "LMOD_CMD LMOD_DIR LMOD_PKG LMOD_ROOT LMOD_VERSION MODULEPATH MODULESHOME __Init_Default_Modules"
        for name in set_here.split():
            env.pop(name, None)
        for name in ("module", "ml", "clearMT", "clearLmod"):
            aliases.pop(name, None)

    aliases.update({"module": module, "ml": ml, "clearMT": clear_mt, "clearLmod": clear_lmod})


_lmodpy(__file__)
del _lmodpy
