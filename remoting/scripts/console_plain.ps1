# console_plain.ps1: runs what somebody typed where console.ps1 cannot: in constrained
# language mode (no methods of .NET) and where -EncodedCommand is blocked. Windows
# PowerShell 5.1. It is sent as process.ps1 is: lines that begin with "#" are stripped, the
# rest becomes ONE line, and scripts.PlainInput makes of it
#   & {<this>} '<JSON {"id":"...","script":"...","args":{...},"verbose":false}>'
# all of it printable ASCII.
#
# Out: what a console shows, and behind it the line <<LA1:<id>:<exit code>:LA1>>, which is
# not there if an error or "exit" ended the script. No try encloses the script, see
# console.ps1. Arguments are bound by name from a hashtable, not written into the text.
param($d);
$LooksAlive=ConvertFrom-Json $d;$LooksAliveArgs=@{};
foreach($p in $LooksAlive.args.PSObject.Properties){$LooksAliveArgs[$p.Name]=$p.Value};
if($LooksAlive.verbose){$VerbosePreference='Continue'};
Invoke-Expression ('& {'+"`n"+$LooksAlive.script+"`n"+'} @LooksAliveArgs');
"<<LA1:$($LooksAlive.id):$([int]$LASTEXITCODE):LA1>>"
