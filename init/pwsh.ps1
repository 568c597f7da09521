# For PowerShell. One line in $PROFILE, with the path of this file:
#
#     . /opt/lmodpy/share/lmodpy/init/pwsh.ps1

# As in init/common, which tells what these are.
$env:LMOD_PKG = Split-Path -Parent $PSScriptRoot
$env:LMOD_ROOT = Split-Path -Parent $env:LMOD_PKG
$env:MODULESHOME = $env:LMOD_PKG
$env:LMOD_DIR = "$env:LMOD_PKG/bin"
if (-not (Test-Path -LiteralPath "$env:LMOD_DIR/lmodpy-cmd")) {
    $env:LMOD_DIR = "$(Split-Path -Parent $env:LMOD_ROOT)/bin"
}
if (-not ($env:LMOD_CMD -like '/*/lmodpy-cmd' -and (Test-Path -LiteralPath $env:LMOD_CMD))) {
    $env:LMOD_CMD = "$env:LMOD_DIR/lmodpy-cmd"
}
$env:LMOD_VERSION = '9.2.9'
if ($null -eq $env:MODULEPATH) {
    $env:MODULEPATH = & /bin/sh "$env:LMOD_PKG/init/modulepath"
}

# Load modules, and ask about them. $LASTEXITCODE is the status; a command that fails changes nothing.
function global:module {
    $text = & $env:LMOD_CMD pwsh @args
    if ($LASTEXITCODE -eq 0 -and $text) {
        Invoke-Expression ($text -join "`n")
    }
}

# module, in short
function global:ml {
    module ml @args
}

# Forget what is loaded, and leave everything else in place
function global:clearMT {
    $env:__LMODPY_STATE = $env:LOADEDMODULES = $env:_LMFILES_ = $null
}
