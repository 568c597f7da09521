help([[Open MPI. What was built with it appears once this is loaded.]])
whatis("Name: openmpi")
whatis("Version: " .. myModuleVersion())
whatis("Category: mpi")
whatis("Description: Open MPI, a message passing library")

local site, compiler = myFileName():match("^(.*)/modulefiles/Compiler/([^/]+/[^/]+)/")
local root = pathJoin(site, "software/Compiler", compiler, myModuleFullName())

family("mpi")

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("CPATH", pathJoin(root, "include"))
setenv("MPICC", "mpicc")
setenv("MPI_HOME", root)

prepend_path("MODULEPATH", pathJoin(site, "modulefiles/MPI", compiler, myModuleFullName()))
