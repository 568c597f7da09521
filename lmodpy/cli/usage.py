"""What `module help` says."""

USAGE = """\
usage: module [OPTION...] SUBCOMMAND [ARGUMENT...]        ml [OPTION...] [NAME...]

Loading
  load NAME...        load modules; -NAME unloads one              ml NAME -NAME
  unload NAME...      unload modules
  swap OLD NEW        unload one module, load another
  purge               unload everything; --force: sticky ones too
  try-load NAME...    load those that there are
  reset               back to the site's default modules
  update              load every module again
  refresh             define aliases and functions again

Looking
  list [WORD...]      what is loaded, in load order                ml
  avail [WORD...]     what can be loaded now                       ml av
  show NAME...        what a modulefile does
  whatis NAME...      a line or two about a module
  help NAME           what a module has to say about itself
  is-loaded NAME...   exit status 0 if all are loaded
  is-avail NAME...    exit status 0 if all could be loaded

Where modules are
  use [-a] DIR...     put directories into MODULEPATH (-a: at the end)
  unuse DIR...        take them out

Options
  -t, --terse         one name a line, for programs
  -d, --default       avail: only default versions
  -A, --all           hidden modules too
  -b, --brief         list: only what was asked for
  -q, --quiet         no messages
  -f, --force         unload, purge: sticky modules too
      --latest        load: the highest version, whatever is the default
      --raw           show: the text of the modulefile
      --location      show: only where the modulefile is
  -w, --width N       columns of the terminal
  -v, --version       which lmodpy, and which Lmod it stands for
"""
