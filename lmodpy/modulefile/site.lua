-- The scope of the site's files (SitePackage.lua, lmod_config.lua): all of Lua, the words of modulefiles, and what only
-- a site may do. Called once with what it reaches out through; returns what runs a file, and what calls a function.
local common, enter, register, assign, value, at_exit, options, records, seconds = ...
local getinfo, sethook, load, xpcall, type = debug.getinfo, debug.sethook, load, xpcall, type
local clock = os.clock
local most = 1000000 -- instructions between two looks at the clock
local depth, begun = 0, 0

local function with(more, base) return setmetatable(more, {__index = base}) end
local scope = with({
  os = with({remove = os.remove, rename = os.rename, tmpname = os.tmpname}, common.os),
  io = with({input = io.input, read = io.read, tmpfile = io.tmpfile, type = io.type}, common.io),
  collectgarbage = collectgarbage, debug = debug, load = load,
}, common)
scope._G = scope

-- Return the line and the file of the site that is at work.
local function place()
  for level = 3, 200 do
    local info = getinfo(level, "Sl")
    if not info then return end
    if info.source:sub(1, 1) == "@" then return info.currentline, info.source:sub(2) end
  end
end

local function caught(problem) return {problem, place()} end

local function watch()
  if clock() - begun > seconds then error(("it has not come to its end within %g seconds"):format(seconds), 2) end
end

-- Begin or end a function of the site; one that never ends is ended.
local function enters(step)
  depth = depth + step
  if seconds > 0 and depth == 1 and step == 1 then
    begun = clock()
    sethook(watch, "", most)
  elseif depth == 0 then
    sethook()
  end
end

-- A record whose fields are asked for as methods are: t.mname:sn().
local function object(fields)
  return setmetatable({}, {__index = function(_, name)
    local field = fields[name]
    return function() return field end
  end})
end

-- Call a function; return true and its first result, or false, what went wrong, in which line, of which file.
local function call(f, ...)
  local first = ...
  if type(first) == "table" and type(rawget(first, "mname")) == "table" then
    first.mname = object(first.mname)
    first.mt = first.fullName and scope.FrameStk:singleton():mt() -- where it is decided who sees and loads what
  end
  local outer = enter(scope)
  enters(1)
  local done, answer = xpcall(f, caught, ...)
  enters(-1)
  enter(outer)
  if type(first) == "table" then first.mname, first.mt = nil, nil end
  if done then return true, answer end
  if type(answer) ~= "table" then answer = {answer} end -- out of memory: nothing was called
  return false, answer[1], answer[2], answer[3]
end

local function run(text, path)
  local _, problem = load(text, "=modulefile", "t", scope)
  if problem then return false, problem end
  return call(load(text, "@" .. path, "t", scope))
end

-- What a site asks for by require().
local Hook = {}
function Hook.register(name, f, action)
  local said = f
  if name == "reverseMapPathFilter" then
    said = function() -- the only hook with two answers
      local keep, ignore = f()
      return {keep or {}, ignore or {}}
    end
  end
  register(name, said, action or "replace", place())
end
function Hook:registerHook(...) Hook.register(...) end

local cosmic = {}
function cosmic:assign(name, text) assign(name, tostring(text)) end
function cosmic:value(name) return value(name) end

local mt = {}
function mt:have(sn, status)
  for _, record in ipairs(records()) do
    if record.sn == sn then return status ~= "inactive" end
  end
  return false
end
for method, field in pairs{fullName = "fullName", fn = "fn", userName = "userName"} do
  mt[method] = function(_, sn)
    for _, record in ipairs(records()) do
      if record.sn == sn then return record[field] end
    end
  end
end
function mt:list(field)
  local found = {}
  for n, record in ipairs(records()) do found[n] = field == "both" and record or record[field] or record.fullName end
  return found
end

scope.FrameStk = {singleton = function() return {mt = function() return mt end} end}
scope.ExitHookA = {register = function(f) at_exit(f) end}
scope.optionTbl, scope.masterTbl = options, options
scope.cosmic, scope.hook = cosmic, Hook
function scope.declare(name, value) scope[name] = value or false end
function scope.sandbox_registration(words)
  for name, word in pairs(words) do rawset(common, name, word) end
end
function scope.pairsByKeys(list, before)
  local keys, n = {}, 0
  for key in pairs(list) do keys[#keys + 1] = key end
  table.sort(keys, before)
  return function()
    n = n + 1
    return keys[n], list[keys[n]]
  end
end

local loaded = common.package.loaded
loaded.Hook, loaded.hook, loaded.ExitHookA, loaded.FrameStk = Hook, Hook, scope.ExitHookA, scope.FrameStk
loaded.Cosmic = {singleton = function() return cosmic end}
loaded.Dbg = {dbg = function() return common.dbg end}
scope.lmod_system_execute = common.os.execute
for name in ([[strict sandbox pairsByKeys myGlobals utils fileOps capture string_utils haveTermSupport inherits
  lmod_system_execute colorize declare]]):gmatch("%S+") do
  loaded[name] = true -- what they bring is here without them
end

return run, call
