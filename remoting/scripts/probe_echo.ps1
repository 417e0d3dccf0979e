# probe_echo.ps1: says something back, to measure a session. Windows PowerShell 5.1.
# Argument: scripts.EchoArgs, an object with Bytes (0 to 1048576).
#
# Answers one object, scripts.Echoed: UtcNow, Id (of the process), Memory (bytes,
# its working set) and Text: Bytes characters of 0-9a-f that do not let themselves be
# packed well, always the same ones. Character i is that of (i * i + 7 * i) / 4 modulo
# 65521 modulo 16, by whole numbers.
param($options)
$n = [Math]::Min(1048576, [Math]::Max(0, [int]$options.Bytes))
$digits = '0123456789abcdef'
$text = [Text.StringBuilder]::new($n)
for ($i = [long]0; $i -lt $n; $i++) { [void]$text.Append($digits[[int]((($i * $i + 7 * $i) -shr 2) % 65521 % 16)]) }
$process = [Diagnostics.Process]::GetCurrentProcess()
[pscustomobject]@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); Id = $PID; Memory = [long]$process.WorkingSet64; Text = $text.ToString()
}
