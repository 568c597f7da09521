# `module` for Ruby programs; the file and the class have the names that they have with Lmod, as `module` itself is a
# word of the language.
#
#     require "#{ENV["LMOD_PKG"]}/init/env_modules_ruby"
#     ENVModule.module("load", "gcc openmpi") or exit 1
class ENVModule
  # Runs `module ARGUMENTS` and changes ENV as it says; what it tells people goes to stderr. A string is split at
  # blanks, an array is not. Returns whether the command succeeded.
  def self.module(*arguments)
    words = arguments.flat_map { |given| given.is_a?(Array) ? given : given.split }
    command = ENV["LMOD_CMD"] or raise "LMOD_CMD is not set: use what `lmodpy init ruby` prints"
    text = IO.popen([command, "ruby", *words], &:read)
    return false unless text.match?(/^_mlstatus = (true|false)\n\z/) # cut off
    eval(text, TOPLEVEL_BINDING.dup) # its last line is an assignment, whose value this is
  end
end
