# loop.ps1: the line loop given to powershell.exe as -EncodedCommand. Windows
# PowerShell 5.1. Lines that begin with "#" are stripped before it is encoded
# (scripts.Loop.Text is the stripped text): cmd.exe refuses more than 8,191
# characters.
#
# In, one line per request:  base64(JSON {"id":N,"hash":"…","script":"…","args":…}) LF
# Out, one frame per answer: RS WF1 <id> <status> <len> <base64(gzip(JSON))> LF
#   RS is byte 0x1E; len counts the characters of the base64; all of it is ASCII.
#   status ready (id 0, once, before the first request): {"PSVersion":"5.1.…","Pid":N}
#   status ok:  what the script returned, ONE JSON object (not wrapped in an array)
#   status err: {"Message","Type","HResult","Id","Position"}; id 0 when the line
#               could not be read. Id is PowerShell's FullyQualifiedErrorId.
#   status need: {}; there is no script with this hash, ask again with its text
# Script blocks are kept under their hash, which is any name the client gives its
# text: a script travels, is compiled and is logged as event 4104 once a session.
# Without "script" the one kept under "hash" runs.
# args is the script's first positional argument. The output is written to the raw
# stream in one piece, so neither formatting nor a code page touches it.
# Remove-TypeData stops 5.1 from writing arrays as {"value":[…],"Count":N}.
begin{$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
Remove-TypeData System.Array -ErrorAction SilentlyContinue
$u=[Text.UTF8Encoding]::new($false);$o=[Console]::OpenStandardOutput();$k=[Collections.Hashtable]::new()
function F([long]$i,$s,$v){$b=$u.GetBytes((ConvertTo-Json -InputObject $v -Depth 6 -Compress))
$m=[IO.MemoryStream]::new();$g=[IO.Compression.GZipStream]::new($m,[IO.Compression.CompressionMode]::Compress)
$g.Write($b,0,$b.Length);$g.Close();$e=[Convert]::ToBase64String($m.ToArray())
$b=$u.GetBytes([string][char]30+"WF1 $i $s $($e.Length) $e"+[char]10);$o.Write($b,0,$b.Length);$o.Flush()}
F 0 'ready' @{PSVersion="$($PSVersionTable.PSVersion)";Pid=$PID}}
process{$i=0
try{$l="$_"-replace'[^A-Za-z0-9+/=]';if(!$l){return}
$q=$u.GetString([Convert]::FromBase64String($l))|ConvertFrom-Json;$i=$q.id;$h="$($q.hash)"
if($q.script){if($k.Count -gt 64){$k.Clear()};$k[$h]=[scriptblock]::Create($q.script)}
if($k[$h]){F $i 'ok' (& $k[$h] $q.args)}else{F $i 'need' @{}}
}catch{F $i 'err' @{Message="$_";Type=$_.Exception.GetType().FullName;HResult=$_.Exception.HResult;Id=$_.FullyQualifiedErrorId;Position="$($_.InvocationInfo.PositionMessage)"}}}
