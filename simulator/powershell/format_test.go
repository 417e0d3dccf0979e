package powershell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFormat compares whole outputs; blanks at line ends are cut.
func TestFormat(t *testing.T) {
	const two = `$p = [pscustomobject]@{Name='Ann'; Age=41}, [pscustomobject]@{Name='Bartholomew'; Age=7}; `
	tests := []struct{ name, script, want string }{
		{"custom objects", two + "$p", "\nName        Age\n----        ---\nAnn          41\nBartholomew   7\n\n\n"},
		{"list for five", "[pscustomobject]@{a=1;bb=2;c=3;d='x y';e=$null}", "\n\na  : 1\nbb : 2\nc  : 3\nd  : x y\ne  :\n\n\n\n"},
		{"Format-List", two + "$p | fl Name", "\n\nName : Ann\n\nName : Bartholomew\n\n\n\n"},
		{"Format-Table calculated", two + "$p | ft @{Label='N'; Expression={$_.Name.Substring(0,3)}}, @{n='Half';e={$_.Age/2};FormatString='N1';Alignment='Right'; Width=6}", "\nN     Half\n-     ----\nAnn   20.5\nBar    3.5\n\n\n"},
		{"no headers", two + "$p | ft -HideTableHeaders", "\nAnn          41\nBartholomew   7\n\n\n"},
		{"group by", two + "$p | ft Age -GroupBy Name", "\n\n   Name: Ann\n\nAge\n---\n 41\n\n\n   Name: Bartholomew\n\nAge\n---\n  7\n\n\n"},
		{"wide", "'aa','b','c' | % { [pscustomobject]@{Name=$_} } | fw -Column 3", "\n\naa                         b                          c\n\n\n"},
		{"strings between", two + "$p[0]; 'text'; $p[1]", "\nName Age\n---- ---\nAnn   41\ntext\nB...   7\n\n\n"},
		{"wrap", "[pscustomobject]@{T='one two three four five six seven eight nine ten eleven twelve thirteen fourteen'; N=1} | ft -Wrap @{e='T';Width=20;n='T'}, N", "\nT                    N\n-                    -\none two three four   1\nfive six seven eight\nnine ten eleven\ntwelve thirteen\nfourteen\n\n\n"},
		{"cut", "[pscustomobject]@{A='x'*50; B='y'*50; C=5} | ft", "\n" + "A                                                  B\n-                                                  -\n" + strings.Repeat("x", 50) + " " + strings.Repeat("y", 25) + "...\n\n\n"},
		{"cut at the left", "[pscustomobject]@{A=123456789; B=1} | ft @{e='A';n='A';Width=6;Alignment='Right'}, B", "\n     A B\n     - -\n...789 1\n\n\n"},
		{"hashtable", "@{one=1}", "\nName                           Value\n----                           -----\none                            1\n\n\n"},
		{"date", "Get-Date", "\nTuesday, March 10, 2026 11:00:00 AM\n\n\n"},
		{"version", "$PSVersionTable.PSVersion", "\nMajor  Minor  Build  Revision\n-----  -----  -----  --------\n5      1      20348  2110\n\n\n"},
		{"timespan", "[timespan]'1:02:03' | fl Hours,TotalMinutes", "\n\nHours        : 1\nTotalMinutes : 62.05\n\n\n\n"},
		{"group", "'a','b','a' | group", "\nCount Name                      Group\n----- ----                      -----\n    2 a                         {a, a}\n    1 b                         {b}\n\n\n"},
		{"measure", "1,2 | measure -Sum", "\n\nCount    : 2\nAverage  :\nSum      : 3\nMaximum  :\nMinimum  :\nProperty :\n\n\n\n"},
		{"member", "[pscustomobject]@{a=1} | gm -Name a", "\n\n   TypeName: System.Management.Automation.PSCustomObject\n\nName MemberType   Definition\n---- ----------   ----------\na    NoteProperty int a=1\n\n\n"},
		{"scalars", "1; 'a'; $true; 2.5; 'two\nlines'", "1\na\nTrue\n2.5\ntwo\nlines\n"},
		{"nested values", "[pscustomobject]@{l=1,2,3,4,5; d=[datetime]'2026-01-02 15:04:05'; o=[pscustomobject]@{x=1}; h=@{k=1}}", "\nl               d                   o      h\n-               -                   -      -\n{1, 2, 3, 4...} 1/2/2026 3:04:05 PM @{x=1} {k}\n\n\n"},
		{"null and empty", "$null; @(); ''", "\n"},
		{"long list values wrap", "[pscustomobject]@{P=('word ' * 20).Trim(); Q='z' * 90} | fl", "\n\nP : word word word word word word word word word word word word word word word\n    word word word word word\nQ : " + strings.Repeat("z", 75) + "\n    " + strings.Repeat("z", 15) + "\n\n\n\n"},
		{"Select-Object of missing", "1 | select nope", "\nnope\n----\n\n\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := run(t, tt.script); r.out != tt.want || r.errs != "" {
				t.Errorf("got\n%s\nwant\n%s\nerrors %s", r.out, tt.want, r.errs)
			}
		})
	}
}

// viewHost is a host with nothing but views and prepared objects.
type viewHost struct {
	views   map[string]*View
	objects map[string][]any
}

func (h *viewHost) Command(name string) *Cmdlet {
	list, ok := h.objects[name]
	if !ok {
		return nil
	}
	return &Cmdlet{Name: name, Process: func(c *Call) error { return c.WriteAll(list) }}
}
func (h *viewHost) Commands() []string                     { return nil }
func (h *viewHost) Alias(string) string                    { return "" }
func (h *viewHost) Environment(name string) (string, bool) { return "", false }
func (h *viewHost) View(name string) *View                 { return h.views[name] }

// objects makes objects of a type from rows of values.
func objects(typ string, names string, rows ...[]any) []any {
	var out []any
	for _, row := range rows {
		o := NewObject(typ)
		for i, n := range strings.Fields(names) {
			o.Add(Property{Name: n, Value: row[i]})
		}
		out = append(out, o)
	}
	return out
}

// TestRealOutputs rebuilds objects that real commands printed and compares the
// layout with what they printed. The files are real outputs; blanks at line
// ends, and the prompt's line, are left out.
func TestRealOutputs(t *testing.T) {
	state := func(name string) Enum { return Enum{"State", 1, name} }
	auto := func(names ...string) *View {
		v := &View{AutoSize: true}
		for _, n := range names {
			v.Table = append(v.Table, Column{Label: n})
		}
		return v
	}
	even := func(names ...string) *View { v := auto(names...); v.AutoSize = false; return v }
	tests := []struct {
		file, script string
		width        int
		view         *View
		objects      []any
	}{
		{"get-clustergroup-azurelocal.txt", "x", 120, auto("Name", "OwnerNode", "State"), objects("x", "Name OwnerNode State", []any{"Azure Stack HCI Update Service Cluster Group", "v-Host1", state("Online")})},
		{"get-solutionupdate-installing.txt", "x | ? State -eq Installing | ft Version, State, UpdateStateProperties", 120, nil, objects("x", "Version State UpdateStateProperties Other", []any{"10.2411.2.12", state("Installing"), "80% complete.", 1}, []any{"9", state("Ready"), "", 1})},
		{"get-virtualdisk-healthy.txt", "x", 120, auto("FriendlyName", "ResiliencySettingName", "OperationalStatus", "HealthStatus", "IsManualAttach", "Size"), objects("x", "FriendlyName ResiliencySettingName OperationalStatus HealthStatus IsManualAttach Size",
			[]any{"MyVolume1", "Mirror", "OK", "Healthy", true, "1 TB"}, []any{"MyVolume2", "Mirror", "OK", "Healthy", true, "1 TB"}, []any{"MyVolume3", "Mirror", "OK", "Healthy", true, "1 TB"})},
		{"get-storagepool.txt", "x", 120, even("FriendlyName", "OperationalStatus", "HealthStatus", "IsPrimordial", "IsReadOnly"), objects("x", "FriendlyName OperationalStatus HealthStatus IsPrimordial IsReadOnly", []any{"CompanyData", "OK", "Healthy", false, false}, []any{"Primordial", "OK", "Healthy", true, false})},
		{"get-storagejob-simple.txt", "x", 110, even("Name", "ElapsedTime", "JobState", "PercentComplete", "IsBackgroundTask"), objects("x", "Name ElapsedTime JobState PercentComplete IsBackgroundTask", []any{"Regeneration", time.Duration(0), "Running", 50, true})},
		{"get-volume.txt", "x", 120, &View{Table: []Column{{Label: "DriveLetter"}, {Label: "FileSystemLabel"}, {Label: "FileSystem"}, {Label: "HealthStatus"}, {Label: "SizeRemaining", Right: true}, {Label: "Size", Right: true}}}, objects("x", "DriveLetter FileSystemLabel FileSystem HealthStatus SizeRemaining Size", []any{Char('C'), "", "NTFS", "Healthy", "23.61 GB", "465.42 GB"})},
		{"get-storagesubsystem.txt", "x", 120, even("FriendlyName", "HealthStatus", "OperationalStatus"), objects("x", "FriendlyName HealthStatus OperationalStatus", []any{"Storage Spaces on SRV1", "Healthy", "OK"})},
		{"get-storageqosvolume-fl.txt", "x | fl", 80, nil, objects("x", "Interval IOPS Latency Limit Reservation Status TimeStamp VolumeId PSComputerName MaximumIops MinimumIops",
			[]any{300000, 0, 0.0, 0, 0, state("Ok"), date(2, 12, 14, 59, 38), "434f561f-88ae-46c0-a152-8c6641561504", nil, 0, 0},
			[]any{300000, 1097, 3.1524, 0, 1568, state("Ok"), date(2, 12, 14, 59, 38), "4d91fc3a-1a1e-4917-86f6-54853b2a6787", nil, 0, 1568},
			[]any{300000, 5354, 6.5084, 0, 781, state("Ok"), date(2, 12, 14, 59, 38), "0d2fd367-8d74-4146-9934-306726913dda", nil, 0, 781})},
		{"get-storageqosflow-fl.txt", "x | fl", 83, nil, objects("x", "FilePath FlowId InitiatorId InitiatorIOPS InitiatorLatency InitiatorName InitiatorNodeName Interval Limit PolicyId Reservation Status StorageNodeIOPS StorageNodeLatency StorageNodeName TimeStamp VolumeId PSComputerName MaximumIops MinimumIops",
			[]any{`C:\ClusterStorage\Volume2\SHARES\TWO\BUILDWORKLOAD\BUILDVM1.VHDX`, "ebfecb54-e47a-5a2d-8ec0-0940994ff21c", "ae4e3dd0-3bde-42ef-b035-9064309e6fec", 464, 26.2684, "BuildVM1", "plang-c2.plang.nttest.microsoft.com", 300000, 500, "b145e63a-3c9e-48a8-87f8-1dfc2abfe5f4", 500, state("Ok"), 475, 7.9725, "plang-fs1.plang.nttest.microsoft.com", date(2, 12, 14, 58, 49), "4d91fc3a-1a1e-4917-86f6-54853b2a6787", nil, 500, 500})},
		{"virtualdisk-footprint-by-server.txt", "x | ft -AutoSize", 120, nil, objects("x", "VirtualDiskFriendlyName TotalFootprint Server1 Server2 Server3 Server4 Server5 Server6", []any{"MyVolume", "300 GB", "100 GB", "100 GB", "100 GB", "100 GB", "0", "0"})},
	}
	dir := filepath.Join("testdata", "real")
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			host := &viewHost{views: map[string]*View{"x": tt.view}, objects: map[string][]any{"x": tt.objects}}
			r := runWith(t, t.Context(), Options{Host: host, Width: tt.width}, tt.script)
			if got, want := squeeze(r.out), squeeze(string(b)); got != want || r.errs != "" {
				t.Errorf("got\n%s\nwant\n%s\n%s", got, want, r.errs)
			}
		})
	}
}

func date(month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(2015, month, day, hour, minute, second, 0, unspecified)
}

// squeeze leaves out prompts, comments before the first table or list, blanks
// at line ends and runs of empty lines.
func squeeze(s string) string {
	var out []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
		l = strings.TrimRight(l, " ")
		if strings.Contains(l, `PS C:\>`) || strings.HasPrefix(l, "Object Description") || l == "" {
			continue
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

// TestRowsComeEarly: a table does not wait for its last row.
func TestRowsComeEarly(t *testing.T) {
	now := noon
	in := New(Options{Now: func() time.Time { return now }})
	var lines []string
	w := in.NewWriter(80, func(l string) error { lines = append(lines, strings.TrimRight(l, " ")); return nil })
	in.Run(t.Context(), "1..3 | % { [pscustomobject]@{ n = $_; wide = 'x' * $_ } }", nil, Streams{Success: func(v any) error {
		before := len(lines)
		err := w.Write(v)
		if now.Sub(noon) > moment && len(lines) == before {
			t.Errorf("nothing printed at %v", now.Sub(noon))
		}
		now = now.Add(200 * time.Millisecond)
		return err
	}})
	w.Close()
	if got, want := fmt.Sprintf("%q", lines), `["" "n wide" "- ----" "1 x" "2 xx" "3 xxx" "" ""]`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
