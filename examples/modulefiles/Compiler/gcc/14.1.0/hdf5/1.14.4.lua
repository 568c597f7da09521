help([[The serial HDF5 library and its tools.]])
whatis("Name: hdf5")
whatis("Version: " .. myModuleVersion())
whatis("Category: library")
whatis("Description: HDF5 data format, serial library")

local site, compiler = myFileName():match("^(.*)/modulefiles/Compiler/([^/]+/[^/]+)/")
local root = pathJoin(site, "software/Compiler", compiler, myModuleFullName())

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("CPATH", pathJoin(root, "include"))
setenv("HDF5_DIR", root)
