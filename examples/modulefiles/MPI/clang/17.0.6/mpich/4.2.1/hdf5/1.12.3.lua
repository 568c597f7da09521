help([[The parallel HDF5 library and its tools.]])
whatis("Name: hdf5")
whatis("Version: " .. myModuleVersion())
whatis("Category: library")
whatis("Description: HDF5 data format, parallel library")

local site, stack = myFileName():match("^(.*)/modulefiles/MPI/([^/]+/[^/]+/[^/]+/[^/]+)/")
local root = pathJoin(site, "software/MPI", stack, myModuleFullName())

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("CPATH", pathJoin(root, "include"))
setenv("HDF5_DIR", root)
