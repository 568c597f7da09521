help([[The GNU compiler. What was built with it appears once this is loaded.]])
whatis("Name: gcc")
whatis("Version: " .. myModuleVersion())
whatis("Category: compiler")
whatis("Description: C compiler of the GNU project")

local site = myFileName():match("^(.*)/modulefiles/")
local root = pathJoin(site, "software/Core", myModuleFullName())

family("compiler")

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
setenv("CC", "gcc")
setenv("GCC_ROOT", root)

prepend_path("MODULEPATH", pathJoin(site, "modulefiles/Compiler", myModuleFullName()))
