-- The scope of the site's files (SitePackage.lua, lmod_config.lua): all of Lua, the words of modulefiles, and what only
-- a site may do. Called once with what it reaches out through; returns what runs a file, and what calls a function.
local common, enter, register, assign, value, at_exit, options, records, at_work, worded, seconds = ...
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
  local outer, hasty = enter(scope)
  enters(1)
  local done, answer = xpcall(f, caught, ...)
  enters(-1)
  enter(outer, hasty)
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

function string.multiEscaped(text) return (text:gsub("[ !\"#$&'()*;<>?%[\\%]%^`{|}~]", "\\%0")) end
function string.caseIndependent(text)
  return (text:escape():gsub("%a", function(letter) return ("[%s%s]"):format(letter:upper(), letter:lower()) end))
end

local function sorted_keys(list, before)
  local keys = {}
  for key in pairs(list) do keys[#keys + 1] = key end
  table.sort(keys, before or function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- Return a value as Lua reads it.
local function written(value, step, indent)
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  if type(value) ~= "table" then return tostring(value) end
  local list, simple, inner = {}, true, indent .. step
  for n, item in ipairs(value) do
    simple = simple and type(item) ~= "table"
    list[n] = written(item, step, inner)
  end
  local lines = simple and #list > 0 and {table.concat(list, ", ")} or list
  for _, key in ipairs(sorted_keys(value)) do
    if not (math.type(key) == "integer" and key >= 1 and key <= #list) then
      local plain = type(key) == "string" and key:find("^[%a_][%w_]*$")
      local name = plain and key or "[" .. written(key, step, "") .. "]"
      lines[#lines + 1] = name .. " = " .. written(value[key], step, inner)
    end
  end
  if #lines == 0 then return "{}" end
  return "{\n" .. inner .. table.concat(lines, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

-- What is loaded, as sites ask for it.
local function record_of(sn)
  for _, record in ipairs(records()) do
    if record.sn == sn then return record end
  end
end

local mt = {}
function mt:have(sn, status)
  local record = record_of(sn)
  return record ~= nil and (not status or status == "any" or status == record.status)
end
function mt:exists(sn) return record_of(sn) ~= nil end
function mt:haveProperty(sn, name, value)
  local record = record_of(sn)
  return record and record.properties[name .. ":" .. value]
end
for _, field in ipairs{"fullName", "fn", "userName", "version", "status", "stackDepth"} do
  mt[field] = function(_, sn)
    local record = record_of(sn)
    return record and record[field]
  end
end
function mt:list(kind, status)
  local found = {}
  for _, record in ipairs(records()) do
    if status == nil or status == "any" or status == record.status then
      if kind == "sn" or kind == "short" then
        found[#found + 1] = record.sn
      elseif kind == "both" then
        found[#found + 1], found[#found + 2] = record.sn, record.fullName
      elseif record[kind] and (kind == "fullName" or kind == "userName") then
        record.name, record.properties, record.status, record.version = record[kind], nil, nil, nil
        found[#found + 1] = record
      end
    end
  end
  return found
end

-- What Lmod keeps of modules, for sites that look into it: mt.mT[sn].
setmetatable(mt, {__index = function(_, name)
  if name ~= "mT" then return nil end
  local found = {}
  for _, record in ipairs(records()) do
    local marks = {}
    for text in pairs(record.properties) do
      local property, value = text:match("^([^:]+):(.*)$")
      if property then
        marks[property] = marks[property] or {}
        marks[property][value] = 1
      end
    end
    record.propT, record.properties, found[record.sn] = marks, nil, record
  end
  return found
end})

-- The module that is at work, and those that have brought it.
local stack = {mt = function() return mt end}
for _, field in ipairs{"sn", "fullName", "userName", "fn", "version"} do
  stack[field] = function() return at_work()[field] end
end
function stack:stackDepth() return at_work().depth end
function stack:atTop() return at_work().depth <= 1 end
function stack:empty() return at_work().depth == 0 end

local names = {}
function names:new(_, name)
  name = name or ""
  local record = record_of(name) or record_of((name:gsub("/[^/]*$", ""))) or {}
  return object{sn = record.sn, fullName = record.fullName, version = record.version, fn = record.fn, userName = name}
end

local programs = {}
function programs:register(command) scope.execute{cmd = command, modeA = {"all"}} end

scope.FrameStk = {singleton = function() return stack end}
scope.MT = {singleton = function() return mt end}
scope.parseVersion = common.convertToCanonical
scope.ExitHookA = {register = function(f) at_exit(f) end}
scope.optionTbl, scope.masterTbl = options, options
scope.cosmic, scope.hook = cosmic, Hook
for word, kind in pairs{LmodMessage = "lmodmessage", LmodWarning = "lmodwarning", LmodError = "lmoderror"} do
  scope[word] = function(first, ...) -- LmodMessage{msg=ID, …} says a text of the site's file of messages
    if type(first) == "table" and first.msg then return common[word](worded(kind, first.msg, first)) end
    return common[word](first, ...)
  end
end
function scope.declare(name, value) scope[name] = value or false end
function scope.sandbox_registration(words)
  for name, word in pairs(words) do rawset(common, name, word) end
end
function scope.serializeTbl(t)
  return t.name .. " = " .. written(t.value, t.indent and "  " or "", "") .. "\n"
end
function scope.pairsByKeys(list, before)
  local keys, n = sorted_keys(list, before or function(a, b) return a < b end), 0
  return function()
    n = n + 1
    return keys[n], list[keys[n]]
  end
end

local loaded = common.package.loaded
loaded.Hook, loaded.hook, loaded.ExitHookA, loaded.FrameStk = Hook, Hook, scope.ExitHookA, scope.FrameStk
loaded.MT, loaded.MName, loaded.Exec = scope.MT, names, {exec = function() return programs end}
loaded.Cosmic = {singleton = function() return cosmic end}
loaded.Dbg = {dbg = function() return common.dbg end}
scope.lmod_system_execute = common.os.execute
for name in ([[strict sandbox pairsByKeys myGlobals utils fileOps capture string_utils haveTermSupport inherits
  lmod_system_execute colorize declare cmdfuncs parseVersion serializeTbl]]):gmatch("%S+") do
  loaded[name] = true -- what sites want of them is here without them
end

return run, call
