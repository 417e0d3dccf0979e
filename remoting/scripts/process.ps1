# process.ps1: runs one script in a powershell.exe of its own, where loop.ps1 cannot:
# in constrained language mode (no methods of .NET, so no streams, gzip or base64) and
# where -EncodedCommand is blocked. Windows PowerShell 5.1. Lines that begin with "#"
# are stripped and the rest becomes ONE line: powershell.exe -Command - reads standard
# input as if it were typed, statement by statement, wants an empty line behind one of
# several lines, and forgets errors of parsing. scripts.ProcessInput makes the line
#   & {<this>} '<JSON {"id":"...","script":"...","args":...,"kept":...}>'
# all of it printable ASCII, apostrophes as \u0027: nothing in it can end the string.
#
# Out: <<LA1:<id>:<len>:<JSON>:<id>:LA1>>, cut into lines. The JSON has no white space
# and nothing but ASCII (\uXXXX), so that neither a code page nor the width of a console
# changes it: who reads it leaves out all white space. len counts its characters. It is
#   {"Status":"ok","Value":<what the script returned>,"Kept":...,"Mode":"...","PSVersion":"..."}
#   {"Status":"err","Value":{"Message","Type","HResult","Id","Position"},...}
# Kept is what vitals.ps1 remembers from one question to the next; it comes back as
# kept. Mode is the language mode. Type has no namespace: GetType() is a method.
param($d);
$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$s='err';
try{Remove-TypeData System.Array -ErrorAction SilentlyContinue}catch{};
try{$q=ConvertFrom-Json $d;if($q.kept){$global:LooksAliveCsv=$q.kept};
$v=Invoke-Expression ('& {'+"`n"+$q.script+"`n"+'} $q.args');$s='ok'
}catch{$v=@{Message="$_";Type="$($_.CategoryInfo.Reason)";HResult=$_.Exception.HResult;Id="$($_.FullyQualifiedErrorId)";Position="$($_.InvocationInfo.PositionMessage)"}};
$t=ConvertTo-Json -InputObject @{Status=$s;Value=$v;Kept=$global:LooksAliveCsv;Mode="$($ExecutionContext.SessionState.LanguageMode)";PSVersion="$($PSVersionTable.PSVersion)"} -Depth 7 -Compress;
$n=@{};foreach($m in [regex]::Matches($t,'[^!-~]')){$n[[int][char]$m.Value]=1};
foreach($k in @($n.Keys)){$t=$t.Replace([string][char]$k,('\u{0:x4}' -f $k))};
foreach($m in [regex]::Matches("<<LA1:$($q.id):$($t.Length):${t}:$($q.id):LA1>>",'.{1,76}')){$m.Value}
