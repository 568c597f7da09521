help([[Python. miniforge brings one of its own: load one or the other.]])
whatis("Name: python")
whatis("Version: " .. myModuleVersion())
whatis("Category: language")
whatis("Description: the Python language")

local site = myFileName():match("^(.*)/modulefiles/")
local root = pathJoin(site, "software/Core", myModuleFullName())

conflict("miniforge")

prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
setenv("PYTHON_ROOT", root)
