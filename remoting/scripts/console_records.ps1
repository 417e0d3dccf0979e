# console_records.ps1: makes records of what a script puts out; console.ps1 runs it behind
# the script in the same pipeline and gives it $c: w the width of the console, q the queue
# the records go to. It leaves there f, the formatter, and e, the number of errors.
#
# A record has its kind k and its size z in characters:
#   o  an object: y full name of its type, n names and v values of what PowerShell shows of
#      it: the DefaultDisplayPropertySet of its type, or up to 30 properties; a
#      hashtable's keys. A value is true/false, a number, null, or text: dates as
#      ISO 8601, enums as words, lists as their first four elements.
#   t  lines of text, as a console of this width shows them
#   e  an error: t text, i FullyQualifiedErrorId
#   w v d i  a warning, verbose, debug or information text (Write-Host) t
#   c  the text before it was longer than it is sent: b characters
# Strings, numbers, dates and arrays have no record o. One formatter serves objects that follow
# one another, as in a console; a string ends it. Write-Host -NoNewline is held
# until the end of its line.
param($c)
begin {
    Set-StrictMode -Off
    $ErrorActionPreference = 'Stop'
    $WhatIfPreference = $false
    $VerbosePreference = 'SilentlyContinue'
    $DebugPreference = 'SilentlyContinue'
    $w = $c.w
    $h = ''
    function S($k, $t, $i) {
        $t = "$t"
        $n = $t.Length
        if ($n -gt 262144) { $t = $t.Substring(0, 262144) }
        $c.q.Add(@{ k = $k; t = $t; i = "$i"; z = $t.Length })
        if ($n -gt 262144) { $c.q.Add(@{ k = 'c'; b = $n; z = 0 }) }
    }
    function E {
        if ($c.f) {
            $f = $c.f
            $c.f = $null
            foreach ($t in $f.End()) { S 't' $t }
        }
    }
    function V($v) {
        if ($null -eq $v) { return }
        if ($v -is [bool]) { return $v }
        if ($v -is [datetime]) { return $v.ToString('o') }
        if (($v.GetType().IsPrimitive -and $v -isnot [char]) -or $v -is [decimal]) {
            $d = [double]$v
            if ([Math]::Abs($d) -lt 1e300) { return $d }
        } elseif ($v -is [Collections.IEnumerable] -and $v -isnot [string]) {
            $z = @()
            foreach ($e in $v) {
                if ($z.Count -gt 3) { $z += '...'; break }
                $z += "$e"
            }
            $v = '{' + ($z -join ', ') + '}'
        }
        $v = "$v"
        $v.Substring(0, [Math]::Min($v.Length, 4096))
    }
    function P($x) {
        $d = $x.PSStandardMembers.DefaultDisplayPropertySet.ReferencedPropertyNames
        if ($x -is [Collections.IDictionary]) { $d = $x.Keys } elseif (!$d) { $d = foreach ($p in $x.PSObject.Properties) { $p.Name } }
        if (!$d) { return }
        [string[]]$n = @($d)[0..29]
        $v = [object[]]::new($n.Count)
        $z = 0
        for ($j = 0; $j -lt $n.Count; $j++) {
            try { $v[$j] = V ($x.($n[$j])) } catch { $v[$j] = $null }
            $z += 30 + "$($v[$j])".Length
        }
        $c.q.Add(@{ k = 'o'; y = "$($x.PSObject.TypeNames[0])"; n = $n; v = $v; z = $z })
    }
}
process {
    $x = $_
    if ($null -eq $x) { return }
    try {
        if ($x -is [Management.Automation.ErrorRecord]) {
            $c.e++
            S 'e' ("$($x | Out-String -Width $w)".TrimEnd()) $x.FullyQualifiedErrorId
        } elseif ($x -is [Management.Automation.InformationRecord]) {
            $h += "$($x.MessageData)"
            if (!$x.MessageData.NoNewLine) { S 'i' $h; $h = '' }
        } elseif ($x -is [Management.Automation.InformationalRecord]) {
            S ("$($x.GetType().Name)".Substring(0, 1).ToLower()) $x.Message
        } elseif ($x -is [string]) {
            E
            S 't' $x
        } else {
            $y = $x.GetType()
            if (!($y.IsPrimitive -or $x -is [decimal] -or $x -is [array] -or $x -is [enum] -or $x -is [datetime] -or $y.Namespace -like '*.Internal.Format')) { P $x }
            if (!$c.f) {
                $c.f = { Out-String -Stream -Width $w }.GetSteppablePipeline()
                $c.f.Begin($true)
            }
            foreach ($t in $c.f.Process($x)) { S 't' $t }
        }
    } catch {
        $c.e++
        $c.f = $null
        S 'e' "$_" $_.FullyQualifiedErrorId
    }
}
end {
    if ($h) { S 'i' $h }
    E
}
