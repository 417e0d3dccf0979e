package console

import "testing"

// What stands on the next line must not change what a line does.
func TestLooksAcrossLines(t *testing.T) {
	for script, reads := range map[string]bool{
		"[pscustomobject]@{\n  A = $x.Status\n  B = $y.Name\n}": true,
		"Get-Cluster | Select-Object Name,\n  SameSubnetDelay":  true,
		"Get-Cluster | Select-Object Name,\n\n  Stop-Cluster":   false,
		"$x.Status\nStop-Service = spooler":                     false,
		"$name = $r.Name\n$all[$name] = $r.On":                  true, "$x.A;$y.B = 1": false,
		"Get-Date,\n;shutdown":                                      false,
		"(Get-Cluster).SameSubnetDelay `\n= 5":                      false,
		"@{ A = 1\nB = (Stop-Cluster) }":                            false,
		"Get-Cluster | Select-Object Name, # a note\nStop-Cluster":  false,
		"foreach ($x in 1,\n2) { Get-Date }\nrestart-computer HV-1": false,
	} {
		if got := Look(script).OnlyReads; got != reads {
			t.Errorf("%q only reads: %t, %v", script, got, Look(script).Changes)
		}
	}
}
