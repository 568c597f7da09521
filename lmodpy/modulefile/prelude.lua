-- The scope of a modulefile. Called once for each command with the functions that reach out of Lua; returns what
-- runs a text in a fresh scope. Nothing of Python is visible in a modulefile but through these.
local resolve, getenv, write, tell, program, say_plainly, report = ...
collectgarbage("incremental", 1000) -- a command is over before a tidy memory would have paid
local getinfo, sethook = debug.getinfo, debug.sethook
local load, xpcall, rawset, setmetatable, type, tostring, select = load, xpcall, rawset, setmetatable, type, tostring, select

local function keep(from, names)
  local kept = {}
  for name in names:gmatch("%S+") do kept[name] = from[name] end
  return kept
end

local unpack, concat = table.unpack, table.concat
local byte, find, sub = string.byte, string.find, string.sub

-- What cannot fail and answers nothing waits here, since each call out of Lua costs more than what it does: three texts
-- for each word. It is said before anything else leaves Lua, and at the end of the modulefile.
local waiting, count, plainly = {}, 0, false
local function taken()
  local text = concat(waiting, "\0", 1, count)
  count = 0
  return text
end
local function flush() say_plainly(taken()) end

-- Return a function of ours as one of Lua's; one that is `patient` takes what has waited as its first argument.
local function wrap(f, patient)
  if patient then
    return function(...) return f(count > 0 and taken(), ...) end
  end
  return function(...)
    if count > 0 then flush() end
    return f(...)
  end
end
getenv, write, tell, program = wrap(getenv), wrap(write), wrap(tell), wrap(program)

local identifiers = {}
local function is_identifier(name)
  if type(name) ~= "string" or not find(name, "^[A-Za-z_][A-Za-z0-9_]*$") then return false end
  identifiers[name] = true
  return true
end

local function wait(verb, name, text)
  waiting[count + 1], waiting[count + 2], waiting[count + 3] = verb, name, text
  count = count + 3
  if count > 300 then flush() end
  return nil
end

-- Say whether a text is one entry of a path, in its usual form (env/pathlist.py: tidy).
local function is_entry(text)
  local first = byte(text, 1)
  return first ~= 46 and first ~= 126 and byte(text, -1) ~= 47
    and not (find(text, ":", 1, true) or find(text, "//", 1, true) or find(text, "/.", 1, true))
end

local PLAIN = {setenv = "set", prepend_path = "prepend", append_path = "append"}
-- Let a word wait if two texts are all that it says, and no more than one entry, as it is, is put into a path.
local function waits(word, say)
  local verb, is_path = PLAIN[word], word ~= "setenv"
  return function(...)
    local name, text, sep = ...
    local given = select("#", ...)
    if plainly and (given == 2 or (given == 3 and is_path and sep == ":"))
      and type(text) == "string" and not find(text, "\0", 1, true) and (identifiers[name] or is_identifier(name))
      and not (is_path and (text == "" and name ~= "MANPATH" or name == "MODULEPATH" or not is_entry(text))) then
      return wait(verb, name, text)
    end
    return say(...)
  end
end

-- Who only reads what a modulefile says about itself need not hear what it asks of other modules.
local unheard -- how it describes itself, since it is acting
local function is_text(...)
  return select("#", ...) == 1 and type((...)) == "string" and not find((...), "\0", 1, true)
end
local ASKING = {load = 1, try_load = 1, try_add = 1, always_load = 1, load_any = 1, depends_on = 1, depends_on_any = 1,
  conflict = 1, prereq = 1, prereq_any = 1}
local function asks(_, say)
  return function(...)
    if plainly and not unheard and is_text(...) then return nil end
    return say(...)
  end
end

string.split = function(text, pattern)
  pattern = pattern or "%s+"
  local start, done = 1, false
  return function()
    if done then return nil end
    local first, last = text:find(pattern, start)
    if not first or last < first then
      done = true
      return text:sub(start)
    end
    local piece = text:sub(start, first - 1)
    start = last + 1
    return piece
  end
end
string.escape = function(text) return (text:gsub("[%-%.%+%[%]%(%)%$%^%%%?%*]", "%%%0")) end
string.trim = function(text) return (text:match("^%s*(.-)%s*$")) end

local function concat_written(...)
  local pieces = {}
  for n = 1, select("#", ...) do pieces[n] = tostring((select(n, ...))) end
  return pieces
end

local function writer(sink)
  local stream
  stream = {
    write = function(_, ...) sink(table.concat(concat_written(...))) return stream end,
    flush = function() return stream end,
    close = function() return true end,
    setvbuf = function() return true end,
  }
  return stream
end

-- What few modulefiles ask for stands in another file, which is read when they do.
local common, current, libraries
local LIBRARY = {lfs = 1, posix = 1, dbg = 1, package = 1, require = 1, loadfile = 1, loadstring = 1, dofile = 1, Pkg = 1}
local function library(name)
  if not libraries then
    local text = resolve("library text")()
    libraries = load(text, "=lmodpy", "t")(common, resolve, program, function() return current end)
  end
  return libraries[name]
end

common = keep(_G, [[assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select
  setmetatable tonumber tostring type xpcall _VERSION]])
common.string = string
common.table = keep(table, "concat insert move pack remove sort unpack")
common.table.getn = function(list) return #list end
common.table.maxn = function(list)
  local most = 0
  for key in pairs(list) do if type(key) == "number" and key > most then most = key end end
  return most
end
common.math = math
common.unpack = unpack
common.coroutine = coroutine
common.utf8 = utf8
common.os = keep(os, "clock date difftime time")
common.os.getenv = getenv
common.os.exit = function(...) return resolve("os.exit")(...) end
common.os.execute = function(command)
  if command == nil then return true end
  local text, status = program(command)
  tell(text)
  if status == 0 then return true, "exit", 0 end
  return nil, "exit", status
end
-- Open a file; what is written to it is there at once, since the command may end before it is closed.
local function open(path, mode)
  local file, problem, number = io.open(path, mode)
  if file and mode and mode:find("[wa+]") then file:setvbuf("no") end
  return file, problem, number
end

common.io = {
  stdout = writer(write), stderr = writer(tell), open = open, lines = io.lines, close = io.close,
  popen = function(...) return library("popen")(...) end,
  write = function(...) write(table.concat(concat_written(...))) end,
}
common.print = function(...) write(table.concat(concat_written(...), "\t") .. "\n") end
-- What describes a module is heard only by those who read modulefiles; else a text that is right never leaves Lua.
local function describing(word)
  local say
  return function(...)
    if (unheard or plainly) and is_text(...) then
      return not unheard and wait(word, (...), "") or nil
    end
    say = say or resolve(word)
    return say(...)
  end
end
common.whatis, common.help = describing("whatis"), describing("help")

-- Say whether a text is a piece of a path in its usual form: no slash or blank at its ends, none doubled.
local function usual(piece)
  if type(piece) ~= "string" then return false end
  local first, last = byte(piece, 1), byte(piece, -1)
  return first and first > 32 and first ~= 47 and last > 32 and last ~= 47 and not find(piece, "//", 1, true)
end
local fronts, backs = {}, {} -- what was found to be usual: modulefiles say `bin` and `lib`, and join all to one root

-- Join with single slashes; blanks around pieces go, and so do empty pieces. Here, since most lines call it.
function common.pathJoin(...)
  local front, back, more = ...
  if more == nil and (backs[back] or usual(back)) then
    backs[back] = true
    if fronts[front] or (type(front) == "string" and byte(front) == 47 and usual(sub(front, 2))) then
      fronts[front] = true
      return front .. "/" .. back
    end
  end
  local pieces, absolute = {}, false
  for n = 1, select("#", ...) do
    local piece = select(n, ...)
    if type(piece) == "string" or type(piece) == "number" then
      piece = tostring(piece):match("^%s*(.-)%s*$")
      if #pieces == 0 and not absolute then absolute = piece:sub(1, 1) == "/" end
      piece = piece:gsub("//+", "/"):gsub("^/", ""):gsub("/$", "")
      if piece ~= "" then pieces[#pieces + 1] = piece end
    elseif piece ~= nil then
      error("`pathJoin` takes texts, not a " .. type(piece), 2)
    end
  end
  return (absolute and "/" or "") .. table.concat(pieces, "/")
end

local scope = {__index = common}
setmetatable(common, {__index = function(_, name)
  local word = type(name) == "string" and (LIBRARY[name] and library(name) or resolve(name))
  if word then
    local first = PLAIN[name] and waits or ASKING[name] and asks
    if first then word = first(name, word) end
    rawset(common, name, word)
    return word
  end
end})

-- The scope of an rc file has fewer words, and no library of Lua's.
local rc_common
local function rc_scope()
  if not rc_common then
    rc_common = {os = keep(common.os, "clock date difftime time getenv execute"), pathJoin = common.pathJoin}
    rc_common.io = keep(common.io, "stderr open close write")
    setmetatable(rc_common, {__index = function(_, name)
      local code = name == "require" or name == "loadfile"
      local word = type(name) == "string" and (code and common[name] or resolve(name))
      if word then rawset(rc_common, name, word) end
      return word or nil
    end})
  end
  return {__index = rc_common}
end

local name = "=modulefile" -- Lua would cut a long path short where it names it in an error

-- Hand an error to `report` with the line of the modulefile it came from.
local function explain(problem)
  local line
  for level = 2, 200 do
    local info = getinfo(level, "Sl")
    if not info then break end
    if info.source == name then
      line = info.currentline
      break
    end
  end
  report(problem, line)
end

-- Run a text in a fresh scope; return whether it ran to its end. `acts`: nobody hears how the module describes itself.
-- `wanted` gets the global variables that it has set, for the names that are its keys. `plain`: words may wait.
local function run(text, is_rc, acts, wanted, plain)
  local here, outer, heard, hasty = setmetatable({}, is_rc and rc_scope() or scope), current, not unheard, plainly
  local chunk, problem = load(text, name, "t", here)
  if not chunk then
    report(problem, nil)
    return false
  end
  current, unheard, plainly = here, acts, plain
  local done, unexplained = xpcall(chunk, explain)
  if unexplained ~= nil and not done then report(unexplained, nil) end -- out of memory: Lua calls nothing any more
  if count > 0 then flush() end
  current, unheard, plainly = outer, not heard, hasty
  for key in pairs(wanted or {}) do wanted[key] = rawget(here, key) or false end
  return done
end

-- Let another scope be the current one, in which words may wait or not; return what was.
local function enter(other, plain)
  local outer, hasty = current, plainly
  current, plainly = other, plain
  return outer, hasty
end

return run, common, enter, wrap
