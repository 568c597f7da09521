help([[conda and its Python. It does not go together with the module python.]])
whatis("Name: miniforge")
whatis("Version: " .. myModuleVersion())
whatis("Category: language")
whatis("Description: conda, with a Python of its own")

local site = myFileName():match("^(.*)/modulefiles/")
local root = pathJoin(site, "software/Core", myModuleFullName())

conflict("python")

prepend_path("PATH", pathJoin(root, "bin"))
setenv("CONDA_ROOT", root)
