# console.ps1: runs PowerShell that somebody typed, in a powershell.exe of its own, given
# to it as -EncodedCommand. Windows PowerShell 5.1. Lines that begin with "#" are stripped
# before it is encoded (scripts.Console.Text is the stripped text): cmd.exe refuses more
# than 8,191 characters.
#
# In, one line, and then the end of standard input, without which powershell.exe stays:
#   base64(JSON {"script":"...","args":{...},"width":120,"verbose":false,"records":"..."}) LF
#   records is the text of console_records.ps1.
# Out, frames as loop.ps1's:  RS WF1 <n> <status> <len> <base64(gzip(JSON))> LF
#   n counts the frames from 0.
#   status ready, once, n 0: {"PSVersion":"5.1...","Pid":N}
#   status out: a list of records in their order, which console_records.ps1 describes,
#     and those of progress: {"k":"p","a":activity,"s":status,"p":percent, -1 unknown}
#   status end, the last: {"Exit":N,"Failed":true/false,"Errors":N}; Failed is that a
#     terminating error or one of parsing ended the script
#   status err: {"Message":"..."}: the line could not be read
# Text outside of frames is what was written past PowerShell's streams: -WhatIf, Out-Host.
#
# The script runs in a runspace of its own as the first command of a pipeline; its
# arguments are bound as named parameters. All its streams but progress are merged into
# its output (Command.MergeMyResults), which keeps their order. The second command makes
# records of that, there, because the views of a script's modules are known in its
# runspace only. A queue of 64 records stands between it and this thread, so a script
# waits while nobody reads. Records that come within 5 ms of one another, and 30 ms in
# all, share a frame. No try encloses the script: it would make an error that ends
# one statement end all of it. ExposeFlowControlExceptions makes "exit" the reason why
# the pipeline ended; EndInvoke would throw it and end this script with it. The host is
# the console's: -NonInteractive, so prompts fail. It would copy progress to standard
# error, hence SetError.
begin{$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
Remove-TypeData System.Array -ErrorAction SilentlyContinue
$u=[Text.UTF8Encoding]::new($false);$o=[Console]::OpenStandardOutput();$i=@(0)
function F($s,$v){$b=$u.GetBytes((ConvertTo-Json -InputObject $v -Depth 4 -Compress))
$m=[IO.MemoryStream]::new();$g=[IO.Compression.GZipStream]::new($m,[IO.Compression.CompressionMode]::Compress)
$g.Write($b,0,$b.Length);$g.Close();$e=[Convert]::ToBase64String($m.ToArray())
$b=$u.GetBytes([string][char]30+"WF1 $($i[0]) $s $($e.Length) $e"+[char]10);$o.Write($b,0,$b.Length);$o.Flush();$i[0]++}}
process{$l="$_"-replace'[^A-Za-z0-9+/=]';if(!$l){return}
try{$q=$u.GetString([Convert]::FromBase64String($l))|ConvertFrom-Json
$r=[RunspaceFactory]::CreateRunspace($Host);$r.ApartmentState='STA';$r.ThreadOptions='ReuseThread';$r.Open()
if($q.verbose){$r.SessionStateProxy.SetVariable('VerbosePreference','Continue')}
$c=[Collections.Hashtable]::Synchronized(@{w=$q.width;e=0;q=[Collections.Concurrent.BlockingCollection[object]]::new(64)})
$p=[PowerShell]::Create();$p.Runspace=$r;[void]$p.AddScript($q.script)
if($q.args){foreach($a in $q.args.PSObject.Properties){[void]$p.AddParameter($a.Name,$a.Value)}}
$p.Commands.Commands[0].MergeMyResults('All','Output')
[void]$p.AddScript($q.records,$true).AddParameter('c',$c)
$n=[Management.Automation.PSDataCollection[psobject]]::new();$n.Complete()
$t=[Management.Automation.PSInvocationSettings]::new();$t.ExposeFlowControlExceptions=$true
}catch{F 'err' @{Message="$_"};exit 1}
[Console]::SetError([IO.TextWriter]::Null)
F 'ready' @{PSVersion="$($PSVersionTable.PSVersion)";Pid=$PID}
$a=$p.BeginInvoke($n,[Management.Automation.PSDataCollection[psobject]]::new(),$t,$null,$null)
$b=[Collections.Generic.List[object]]::new()
$h=[Diagnostics.Stopwatch]::StartNew()
do{$d=$a.IsCompleted;$x=$null;$y=$null;$z=0;$w=25
while($z -lt 65536 -and (!$z -or $h.ElapsedMilliseconds -lt 30) -and $c.q.TryTake([ref]$x,$w)){if(!$z){$h.Restart()};$b.Add($x);$z+=200+$x.z;$w=5}
foreach($g in $p.Streams.Progress.ReadAll()){$y=$g}
if($y){$w=$y.PercentComplete;if("$($y.RecordType)" -eq 'Completed'){$w=100};$b.Add(@{k='p';a=$y.Activity;s=$y.StatusDescription;p=$w})}
if($b.Count){F 'out' $b.ToArray();$b.Clear()}
}while(!$d -or $c.q.Count)
$e=$p.InvocationStateInfo.Reason;$f=$false;$v=$r.SessionStateProxy.GetVariable('LASTEXITCODE')
$g=@($p.Streams.Error)
if($e -is [Management.Automation.ExitException]){$v=$e.Argument}elseif($e.ErrorRecord){$f=$true;$v=1;$g+=$e.ErrorRecord}
if($c.f){try{$p.Commands.Clear();foreach($l in $p.AddScript('param($c)$c.f.End()').AddArgument($c).Invoke()){$b.Add(@{k='t';t="$l"})}}catch{}}
foreach($x in $g){$c.e++;$b.Add(@{k='e';t=($x|Out-String -Width $c.w).TrimEnd();i=$x.FullyQualifiedErrorId})}
if($b.Count){F 'out' $b.ToArray()}
F 'end' @{Exit=[int]($v -as [int]);Failed=$f;Errors=$c.e}
exit}
