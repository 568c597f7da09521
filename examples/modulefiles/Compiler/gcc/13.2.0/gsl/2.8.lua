help([[The GNU Scientific Library; this site has built it with gcc only.]])
whatis("Name: gsl")
whatis("Version: " .. myModuleVersion())
whatis("Category: library")
whatis("Description: GNU Scientific Library")

local site, compiler = myFileName():match("^(.*)/modulefiles/Compiler/([^/]+/[^/]+)/")
local root = pathJoin(site, "software/Compiler", compiler, myModuleFullName())

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("CPATH", pathJoin(root, "include"))
setenv("GSL_DIR", root)
