help([[heat STEPS says how warm the middle of a rod is after so many steps. It brings the MPI and HDF5 it needs.]])
whatis("Name: heat")
whatis("Version: " .. myModuleVersion())
whatis("Category: application")
whatis("Description: temperature of a rod, by finite differences")

local site, stack = myFileName():match("^(.*)/modulefiles/MPI/([^/]+/[^/]+/[^/]+/[^/]+)/")
local root = pathJoin(site, "software/MPI", stack, myModuleFullName())

depends_on("openmpi")
depends_on("hdf5")

prepend_path("PATH", pathJoin(root, "bin"))
setenv("HEAT_ROOT", root)
