# Tcl in a process of its own: questions and answers go through two pipes, whose numbers are the arguments.
#
# A message is a line with the lengths of its fields in bytes, and the fields behind it. While an answer is awaited,
# lmodpy may ask for another modulefile to be run: the one that waits may be loading it.

source [file join [file dirname [info script]] prelude.tcl]

namespace eval lmodpy {
    variable in [::open /dev/fd/[lindex $argv 0] r]
    variable out [::open /dev/fd/[lindex $argv 1] w]
    fconfigure $in -translation binary
    fconfigure $out -translation binary -buffering full
}

proc lmodpy::ask {question} {
    variable out
    send [linsert $question 0 ask]
    flush $out
    answered
}

proc lmodpy::tell {words} {
    send [linsert $words 0 tell]
}

# Do what is asked until the answer comes.
proc lmodpy::answered {} {
    variable out
    variable files
    while {1} {
        set message [receive]
        if {[lindex $message 0] ne "run"} {
            return [lrange $message 1 end]
        }
        if {[catch {run {*}[lrange $message 1 end]} done]} {
            set done [list 1 "lmodpy: $done" "" ""]
        }
        send [linsert $done 0 done]
        flush $out
        if {[incr files] > 1} {
            tidy
        }
    }
}

proc lmodpy::send {fields} {
    variable out
    set lengths {}
    set all ""
    foreach field $fields {
        set bytes [encoding convertto utf-8 $field]
        lappend lengths [string length $bytes]
        append all $bytes
    }
    ::puts -nonewline $out "$lengths\n$all"
}

proc lmodpy::receive {} {
    variable in
    if {[gets $in lengths] < 0} {
        exit
    }
    set fields {}
    foreach length $lengths {
        lappend fields [encoding convertfrom utf-8 [read $in $length]]
    }
    return $fields
}

lmodpy::answered
