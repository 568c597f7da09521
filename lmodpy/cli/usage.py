"""What `module help` says: every sub-command and every option, in groups."""

USAGE = """\
usage: module [OPTION...] SUBCOMMAND [ARGUMENT...]        ml [OPTION...] [NAME...]

Loading
  load NAME...           load modules; -NAME unloads one           ml NAME -NAME
  try-load NAME...       load those that there are
  load-any NAME...       load the first that there is
  unload NAME...         unload modules                            ml -NAME
  swap OLD NEW           unload one module, load another
  purge                  unload everything; --force: sticky ones too
  reset                  back to the site's default modules
  update, reload         load every module again
  refresh                define aliases and functions again
  clear --force          forget what is loaded, and leave what it has set

Looking
  list [WORD...]         what is loaded, in load order             ml
  avail [WORD...]        what can be loaded now                    ml av
  spider [NAME]          everything there is, and how to get there
  overview [WORD...]     what can be loaded now: names and numbers of versions
  whence COMMAND...      which modules bring a command, and how to load them
  whence --lib NAME...   or a library; --header, --python: a header, a Python package
  keyword WORD...        modules whose names or descriptions contain a word
  category [NAME...]     modules by category
  whatis NAME...         a line or two about a module
  help NAME              what a module has to say about itself
  show NAME...           what a modulefile does
  aliases                other names of modules
  path, paths NAME       the file, or all files, that a name means
  is-loaded NAME...      exit status 0 if all are loaded
  is-avail NAME...       exit status 0 if all could be loaded
  info-loaded [NAME]     the full names of what is loaded
  last-error, tablelist, state [PART]                        for those who look for a fault

Collections
  save [NAME]            keep what is loaded under a name
  restore [NAME]         load what was kept, and nothing else      ml r
  savelist, saveshow, describe [NAME], getdefault [NAME]     which there are, and what is in them
  disable, saverm NAME   forget a collection
  is-saved [NAME]        exit status 0 if there is such a collection
  stash, stashpop, stashlist, stashshow, stashrm, stashclear     the same on a stack, without names

Where modules are
  use [-a] [--priority N] DIR...     put directories into MODULEPATH (-a: at the end); without any: show it
  unuse DIR...                       take them out
  is-used [DIR...]                   exit status 0 if one is there

By hand
  prepend-path, append-path [-d DELIM] [--priority N] VARIABLE ENTRY...      what a modulefile could do
  remove-path [-d DELIM] VARIABLE ENTRY...
  run NAME... -- COMMAND...          run one command as if modules were loaded
  mod-to-sh SHELL NAME...            print the code that loading would run
  sh-to-mod SHELL SCRIPT [ARGUMENT...]     print the modulefile that does what a script does
  edit NAME                          open a modulefile in the editor
  test NAME                          run the test of a module
  config [NAME [VALUE]]              show settings, or set one for this session; config --reset NAME

Options, before or behind the sub-command
  -t, --terse            one name a line, for programs
  -j, --json             the same as data, for programs
  -d, --default          avail: only default versions
  -A, -a, --all, --show_hidden       hidden modules too
  -b, --brief            list: only what was asked for
      --tree             list: who needs whom
  -r, --regexp           words are Lua patterns
  -C, --contains         words may stand anywhere in a name: the usual
  -s, --style NAME       avail: how it is grouped
      --nx, --no_extensions          avail: no extensions
      --terse_show_extensions        avail -t: extensions, too
  -q, --quiet, --silent  no messages
  -f, --force            unload, purge, clear: sticky modules too; save: even nothing
  -L, --latest           load: the highest version, whatever is the default
      --auto, --no_auto  what `prereq` names is loaded, or not
      --pin_versions     restore: the versions that were saved
      --raw              show: the text of the modulefile
      --loc, --location  show: only where the modulefile is
      --check_syntax     load: only see whether it could be
  -w, --width N          columns of the terminal
      --color WHEN       auto, always or never
  -p, --paginate, -P, --no_pager     long lists in a pager, or not
      --tag LIST         load: tags for what is loaded, as `sticky`
      --redirect, --no_redirect      lists to stdout, or to stderr
  -I, --ignore_cache     look into the trees themselves
      --spider_timeout N seconds that a search may take
      --ignore_user_rc   do as if there were no ~/.modulerc
      --expert, --novice no messages and no hints, or all of them, whatever LMOD_EXPERT and LMOD_QUIET say
      --initial_load     at login: restore without a word
  -T, --trace            tell what is loaded from where, as it happens
  -D, --debug N          and what it says
      --timer            tell how long it took
      --mt               what is loaded, as Lmod writes it down
      --config, --miniConfig, --config_json      the settings
  -v, -V, --version      which lmodpy, and which Lmod it stands for
      --dumpversion, --gitversion, --dumpname    parts of that
  -h, -H, -?, --help     this text
      --show, --Verbose  ml: only show, or also show, the line of `module` that it stands for
"""
