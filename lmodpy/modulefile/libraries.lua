-- What few modulefiles ask for: Lua's and Lmod's libraries, code in other files, programs read like files, `Pkg`.
-- Called when the first of it is asked for; returns it by name.
local common, resolve, program, current = ...
local library = {}

-- Return a table of words that are asked for under the table's name.
local function words(prefix, names)
  local made = {}
  for name in names:gmatch("%S+") do made[name] = resolve(prefix .. " " .. name) end
  return made
end

library.lfs = words("lfs", "attributes symlinkattributes chdir currentdir mkdir rmdir touch setmode lock lock_dir unlock")
local entries = resolve("lfs entries")
function library.lfs.dir(path)
  local list, n = entries(path), 0
  return function() n = n + 1 return list[n] end
end

library.posix = words("posix", "uname setenv hostid open openlog closelog syslog stat")

local function nothing() end
library.dbg = {active = function() return false end}
for name in ("fini print print2D printA printT start"):gmatch("%S+") do library.dbg[name] = nothing end

-- Code in other files sees all of Lua, and the words and variables of the modulefile that asked for it.
local function with(more, base) return setmetatable(more, {__index = base}) end
local wide = with({
  os = with({remove = os.remove, rename = os.rename, tmpname = os.tmpname}, common.os),
  io = with({input = io.input, lines = io.lines, read = io.read, tmpfile = io.tmpfile, type = io.type}, common.io),
  collectgarbage = collectgarbage, debug = debug, load = load,
}, common)
local function outside()
  local scope = current()
  return setmetatable({}, {__newindex = scope, __index = function(env, name)
    if name == "_G" then return env end
    local own = rawget(scope, name)
    if own ~= nil then return own end
    return wide[name]
  end})
end

function library.loadstring(text, name) return load(text, name, "t", outside()) end
function library.loadfile(path)
  local file, problem = io.open(path, "r")
  if not file then return nil, problem end
  local text = file:read("a")
  file:close()
  return load(text, "@" .. path, "t", outside())
end
function library.dofile(path) return assert(library.loadfile(path))() end

-- Return a search path without the current directory: anybody may have left a file there.
local function absolute(path)
  local kept = {}
  for place in path:gmatch("[^;]+") do
    if place:sub(1, 1) == "/" then kept[#kept + 1] = place end
  end
  return table.concat(kept, ";")
end

local loaded = with({lfs = library.lfs, posix = library.posix}, common)
library.package = {
  path = absolute(package.path), cpath = absolute(package.cpath), loaded = loaded, preload = {}, loaders = {},
  loadlib = function() return nil, "libraries of machine code are not loaded here" end,
  seeall = nothing,
}
function library.require(name)
  if loaded[name] ~= nil then return loaded[name] end
  local chunk, place = library.package.preload[name], ":preload:"
  if not chunk then
    local problem
    place, problem = package.searchpath(name, library.package.path)
    if not place then error("no module `" .. name .. "` for require():\n" .. problem:gsub("\t", ""), 2) end
    chunk, problem = library.loadfile(place)
    if not chunk then error(problem, 2) end
  end
  local result = chunk(name, place)
  if result ~= nil then loaded[name] = result end
  if rawget(loaded, name) == nil then loaded[name] = true end
  return loaded[name]
end

-- What a program wrote, read like a file.
function library.popen(command)
  local text, status = program(command)
  local place = 1
  local reader = {}
  function reader.read(_, how)
    how = tostring(how or "l"):gsub("^%*", "")
    if how:sub(1, 1) == "a" then
      local rest = text:sub(place)
      place = #text + 1
      return rest
    end
    if place > #text then return nil end
    if how:sub(1, 1) == "n" and not tonumber(how) then
      local first, last, number = text:find("^%s*(%-?[%d%.]+)", place)
      if first then place = last + 1 end
      return tonumber(number)
    end
    if tonumber(how) then
      local piece = text:sub(place, place + tonumber(how) - 1)
      place = place + #piece
      return piece
    end
    local stop = text:find("\n", place, true) or #text + 1
    local line = text:sub(place, how:sub(1, 1) == "L" and stop or stop - 1)
    place = stop + 1
    return line
  end
  function reader.lines() return function() return reader:read("l") end end
  function reader.close()
    if status == 0 then return true, "exit", 0 end
    return nil, "exit", status
  end
  return reader
end

-- A package as a modulefile describes it: its whatis and help lines, where it is installed, what it puts into paths.
local Pkg = {}
Pkg.__index = Pkg
library.Pkg = Pkg

local TOLD = {"Category", "Description", "URL", "Keywords", "License"}
local PLACES = {DIR = "", BIN = "bin", LIB = "lib", INC = "include", DOC = "doc", MAN = "man"}
local SEARCHED = {BIN = "PATH", MAN = "MANPATH"}
local BELOW = {[0] = "Compiler", "MPI", ""}

function Pkg:new(fields)
  local pkg = setmetatable({}, self)
  for key, value in pairs(fields or {}) do pkg[key] = value end
  pkg.level = tonumber(pkg.level) or 0
  pkg._pkgName = common.myModuleName()
  pkg._pkgVersion = common.myModuleVersion() or ""
  pkg._pkgNameVer = common.myModuleFullName()
  pkg._display_name = pkg.display_name or pkg._pkgName
  pkg._pkgRoot = pkg.pkgRoot or common.os.getenv("SITE_PACKAGE_ROOT") or "/opt/apps"
  pkg._above = common.hierarchyA(pkg._pkgNameVer, pkg.level)
  local base = pkg._pkgRoot
  for n = #pkg._above, 1, -1 do base = common.pathJoin(base, (pkg._above[n]:gsub("/", "-"):gsub("%.", "_"))) end
  pkg._pkgBase = common.pathJoin(base, pkg._pkgNameVer)
  common.whatis("Name: " .. pkg._display_name)
  common.whatis("Version: " .. pkg._pkgVersion)
  for _, key in ipairs(TOLD) do
    if pkg[key] then common.whatis(key .. ": " .. pkg[key]) end
  end
  if pkg.help then common.help(pkg.help, "\nVersion " .. pkg._pkgVersion .. "\n") end
  return pkg
end

function Pkg:pkgBase() return self._pkgBase end

function Pkg:moduleDir()
  local dir = BELOW[self.level] or ""
  for n = #self._above, 1, -1 do dir = common.pathJoin(dir, self._above[n]) end
  return common.pathJoin(dir, self._pkgName, self._pkgVersion:match("%d+%.%d+") or "")
end

function Pkg:setStandardPaths(...)
  local prefix = "LMOD_" .. self._display_name:upper():gsub("[^%w_]", "_") .. "_"
  for _, key in ipairs({...}) do
    local place = PLACES[key]
    if not place then common.LmodError("setStandardPaths() does not know " .. tostring(key)) return end
    local path = common.pathJoin(self._pkgBase, place)
    common.setenv(prefix .. key, path)
    if SEARCHED[key] then common.prepend_path(SEARCHED[key], path) end
  end
end

return library
