# What runs a modulefile in Tcl: a fresh interpreter for each, in which the words of modulefiles are questions to lmodpy.
#
# Whoever reads this file makes two commands. `lmodpy::ask` takes a question as a list and returns the answer: a list of
# a code of Tcl's (0 for fine, 1 for an error), the result, and the error code. `lmodpy::tell` waits for no answer.

namespace eval lmodpy {
    variable words
    variable busy 0
    variable spare ""
    variable used {}
    variable saved [array get ::env]
}
encoding system utf-8
interp recursionlimit {} 20000

# Evaluate a text in an interpreter that has the words of its kind, and then call a procedure, if it defines that.
# Return Tcl's code, the result or message, the line of the text, and the error code.
proc lmodpy::run {path kind procedure text args} {
    variable spare
    variable used
    set here [pwd]
    set child [expr {$spare eq "" ? [interp create] : $spare}]
    set spare ""
    try {
        furnish $child $path $kind $args
        if {[regexp {unset|source|package} $text]} {
            fill $child
        }
        set done [evaluated $child $text]
        if {[lindex $done 0] != 1 && $procedure ne "" && [$child eval [list ::info procs $procedure]] ne ""} {
            ask [list begin $procedure]
            set done [lreplace [evaluated $child $procedure] 2 2 ""]
        }
        if {$kind eq "rc"} {
            foreach name {ModuleVersion ModulesVersion} {
                if {[$child eval [list ::info exists ::$name]]} {
                    ask [list lmodpy:version [$child eval [list ::set ::$name]]]
                }
            }
        }
        return $done
    } finally {
        lappend used $child
        catch {cd $here}
    }
}

# Make an end of the interpreters that were used, and one more, while nobody waits.
proc lmodpy::tidy {} {
    variable spare
    variable used
    interp delete {*}$used
    set used {}
    if {$spare eq ""} {
        set spare [interp create]
    }
}

proc lmodpy::furnish {child path kind variables} {
    variable words
    if {![info exists words($kind)]} {
        set words($kind) [lrange [ask [list words $kind]] 1 end]
    }
    foreach word {puts exec open} {
        $child hide $word
    }
    foreach word $words($kind) {
        interp alias $child $word {} lmodpy::word $word
    }
    if {"variant" in $words($kind)} {
        interp alias $child variant {} lmodpy::variant $child
    }
    foreach word {puts exec open} {
        interp alias $child $word {} lmodpy::$word $child
    }
    foreach {name value} $variables {
        $child eval [list ::set ::$name $value]
    }
    $child eval [list ::info script $path]
    $child eval {::unset -nocomplain ::env; ::array set ::env {}; ::namespace eval ::lmodpy {}}
    interp alias $child ::lmodpy::env {} lmodpy::env $child
    $child eval {::trace add variable ::env {array read write unset} ::lmodpy::env}
}

proc lmodpy::evaluated {child text} {
    lassign [$child eval [list ::apply {text {
        ::set code [::catch {::uplevel #0 $text} message options]
        ::return [::list $code $message $options]
    }} $text]] code message options
    set line ""
    set errorcode ""
    if {$code == 1} {
        set errorcode [dict get $options -errorcode]
        regexp {^.*\("[a-z:]*uplevel" body line (\d+)\)} [dict get $options -errorinfo] all line
    }
    return [list $code $message $line $errorcode]
}

# What can neither fail nor answer, as most of what modulefiles say, is told and not asked.
proc lmodpy::word {word args} {
    if {[certain $word $args]} {
        tell [linsert $args 0 $word]
        return
    }
    set args [linsert $args 0 $word]
    lassign [ask $args] code value errorcode
    return -code $code -errorcode $errorcode $value
}

proc lmodpy::certain {word arguments} {
    switch $word {
        module-whatis {
            return [expr {[string first \0 $arguments] < 0}]
        }
        setenv - pushenv - prepend-path - append-path {
            lassign $arguments name value
            return [expr {[llength $arguments] == 2 && [regexp {^[A-Za-z_][A-Za-z_0-9]*$} $name]
                && [string trim $value :] ne "" && [string first \0 $value] < 0}]
        }
    }
    return 0
}

# A variant is also an element of an array.
proc lmodpy::variant {child args} {
    if {[regexp {^(\S+) (.*)$} [word variant {*}$args] all name value]} {
        $child eval [list ::set ::ModuleVariant($name) $value]
    }
    return ""
}

# Only what goes to the user or to the user's shell is lmodpy's.
proc lmodpy::puts {child args} {
    set words $args
    set end "\n"
    if {[llength $words] > 1 && [lindex $words 0] eq "-nonewline"} {
        set words [lrange $words 1 end]
        set end ""
    }
    if {[llength $words] == 1} {
        set words [linsert $words 0 stdout]
    }
    if {[llength $words] != 2 || [lindex $words 0] ni {stdout stderr prestdout log}} {
        return [$child invokehidden puts {*}$args]
    }
    word puts [lindex $words 0] [lindex $words 1]$end
}

# Programs get the environment as the modulefile has made it so far.
proc lmodpy::exec {child args} {
    set environ [lrange [ask env:all] 1 end]
    if {$environ eq ""} {
        return ""
    }
    with $environ [list $child invokehidden exec {*}$args]
}

proc lmodpy::open {child args} {
    if {![string match "|*" [lindex $args 0]]} {
        return [$child invokehidden open {*}$args]
    }
    set environ [lrange [ask env:all] 1 end]
    if {$environ eq ""} {
        return [$child invokehidden open /dev/null r+]
    }
    with $environ [list $child invokehidden open {*}$args]
}

proc lmodpy::with {environ script} {
    variable saved
    become $environ
    try {
        eval $script
    } finally {
        become $saved
    }
}

proc lmodpy::become {environ} {
    foreach name [array names ::env] {
        if {![dict exists $environ $name]} {
            unset ::env($name)
        }
    }
    array set ::env $environ
}

proc lmodpy::fill {child} {
    variable busy
    set usual $busy
    set busy 1
    $child eval {::array unset ::env *}
    $child eval [list ::array set ::env [lrange [ask {env:all all}] 1 end]]
    set busy $usual
}

# The array of a modulefile is filled when it is looked at, since most are not; but what is to be unset must be there.
proc lmodpy::env {child array name operation} {
    variable busy
    if {$busy} {
        return
    }
    set busy 1
    try {
        switch $operation {
            array {
                fill $child
            }
            read {
                lassign [ask [list env:read $name]] code value
                if {$code} {
                    $child eval [list ::unset -nocomplain ::env($name)]
                } else {
                    $child eval [list ::set ::env($name) $value]
                }
            }
            write {
                ask [list env:write $name [$child eval [list ::set ::env($name)]]]
            }
            unset {
                if {$name ne ""} {
                    ask [list env:write $name]
                }
            }
        }
    } finally {
        set busy 0
    }
}
