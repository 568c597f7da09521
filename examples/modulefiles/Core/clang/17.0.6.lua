help([[The LLVM compiler. What was built with it appears once this is loaded.]])
whatis("Name: clang")
whatis("Version: " .. myModuleVersion())
whatis("Category: compiler")
whatis("Description: C compiler of the LLVM project")

local site = myFileName():match("^(.*)/modulefiles/")
local root = pathJoin(site, "software/Core", myModuleFullName())

family("compiler")

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
setenv("CC", "clang")
setenv("CLANG_ROOT", root)

prepend_path("MODULEPATH", pathJoin(site, "modulefiles/Compiler", myModuleFullName()))
