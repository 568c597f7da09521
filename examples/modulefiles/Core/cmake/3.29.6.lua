help([[CMake.]])
whatis("Name: cmake")
whatis("Version: " .. myModuleVersion())
whatis("Category: tool")
whatis("Description: build system generator")

local site = myFileName():match("^(.*)/modulefiles/")
local root = pathJoin(site, "software/Core", myModuleFullName())

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
append_path("CMAKE_PREFIX_PATH", root)
