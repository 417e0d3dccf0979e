package simulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/simulator/wsman"
)

func TestCmd(t *testing.T) {
	h := testHost(t, Cost{})
	for _, tt := range []struct {
		line, out, errs string
		code            int
	}{
		{`echo one& echo two & echo three`, "one\r\ntwo \r\nthree\r\n", "", 0},
		{`echo a && echo b || echo c`, "a \r\nb \r\n", "", 0},
		{`nosuch 2>nul || echo c`, "c\r\n", "", 0},
		{`nosuch && echo b`, "", "'nosuch' is not recognized", 1},
		{`echo %COMPUTERNAME% %USERNAME% %NOPE% 100%`, "HV-FRA-01 looksalive %NOPE% 100%\r\n", "", 0},
		{`echo a^&b "c & d" ^> e`, "a&b \"c & d\" > e\r\n", "", 0},
		{`"echo" quoted`, "quoted\r\n", "", 0},
		{`"hostname"`, "HV-FRA-01\r\n", "", 0}, // as WinRb sends a command
		{`"ipconfig" /all`, "", "", 0},         // and one with arguments
		{`cmd.exe /c "echo in & exit 4"`, "in \r\n", "", 4},
		{`cmd /s /c "hostname"`, "HV-FRA-01\r\n", "", 0},
		{`(echo a & echo b) > "%TEMP%\g.txt" & type "%TEMP%\g.txt" & del "%TEMP%\g.txt"`, "a \r\nb\r\n", "", 0},
		{`echo x> %TEMP%\f.txt & echo y>> %TEMP%\f.txt & type %TEMP%\f.txt`, "x \r\ny \r\n", "", 0}, // the blank after the name is the text's
		{`if exist %TEMP%\f.txt (echo there) else (echo gone)`, "there\r\n", "", 0},
		{`if exist %TEMP%\f.txt del %TEMP%\f.txt`, "", "", 0},
		{`if exist %TEMP%\f.txt (echo there) else (echo gone)`, "gone\r\n", "", 0},
		{`if not exist C:\new\deep mkdir C:\new\deep & dir /b C:\new`, "deep\r\n", "", 0},
		{`mkdir C:\new\deep`, "", "A subdirectory or file C:\\new\\deep already exists.\r\n", 1},
		{`cd C:\new && cd && cd deep && cd`, "C:\\new\r\nC:\\new\\deep\r\n", "", 0},
		{`rmdir C:\new`, "", "The directory is not empty.\r\n", 1},
		{`rmdir /s /q C:\new & if exist C:\new echo still`, "", "", 0},
		{`if /i "ABC"=="abc" echo same`, "same\r\n", "", 0},
		{`if 5 gtr 3 echo more`, "more\r\n", "", 0},
		{`if defined TEMP echo yes`, "yes\r\n", "", 0},
		{`set A=b c& set A`, "A=b c\r\n", "", 0},
		{`type C:\nope.txt`, "", "The system cannot find the file specified.\r\n", 1},
		{`type Z:\nope.txt`, "", "The system cannot find the path specified.\r\n", 1},
		{`echo x > C:\no\such\folder\f`, "", "The system cannot find the path specified.\r\n", 1},
		{`del C:\nope.txt`, "", "Could Not Find C:\\nope.txt\r\n", 0},
		{`nosuch > %TEMP%\both.txt 2>&1 & type %TEMP%\both.txt & del %TEMP%\both.txt`, "'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", "", 0},
		{`(echo b& echo a) | find "a"`, "a\r\n", "", 0},
		{`echo abc | findstr xyz`, "", "", 1},
		{`exit /b 9 & echo never`, "", "", 9},
		{`echo x |`, "", "| was unexpected at this time.\r\n", 1},
		{`echo (`, "(\r\n", "", 0},
		{`(echo a`, "", ") was unexpected at this time.\r\n", 1},
		{`copy C:\nope.txt C:\yes.txt`, "", "The system cannot find the file specified.\r\n", 1},
		{`echo d> C:\d.txt& move C:\d.txt C:\e.txt >nul& type C:\e.txt& del C:\e.txt`, "d\r\n", "", 0},
		{`echo @echo off> C:\b.cmd& echo hostname>> C:\b.cmd& echo exit /b 3 >> C:\b.cmd& C:\b.cmd`, "HV-FRA-01\r\n", "", 3},
	} {
		out, errs, code := runLine(h, t.Context(), tt.line, "")
		if tt.line == `"ipconfig" /all` {
			out = ""
		}
		if out != tt.out || code != tt.code || !strings.Contains(errs, tt.errs) || tt.errs == "" && errs != "" {
			t.Errorf("%s:\n  out  %q, want %q\n  err  %q, want %q\n  code %d, want %d", tt.line, out, tt.out, errs, tt.errs, code, tt.code)
		}
	}
}

func TestCmdStdin(t *testing.T) {
	h := testHost(t, Cost{})
	if out, _, code := runLine(h, t.Context(), `more > %TEMP%\in.txt & type %TEMP%\in.txt`, "line 1\r\nline 2\r\n"); out != "line 1\r\nline 2\r\n" || code != 0 {
		t.Errorf("%q %d", out, code)
	}
	if out, _, _ := runLine(h, t.Context(), `findstr 2 < %TEMP%\in.txt`, ""); out != "line 2\r\n" {
		t.Errorf("%q", out)
	}
}

// A file that runs itself ends, as does a disk.
func TestLimits(t *testing.T) {
	h := testHost(t, Cost{})
	runLine(h, t.Context(), `echo call C:\self.cmd> C:\self.cmd`, "")
	if _, errs, code := runLine(h, t.Context(), `C:\self.cmd`, ""); code == 0 || !strings.Contains(errs, "recursion level") {
		t.Errorf("%d %q", code, errs)
	}
	runLine(h, t.Context(), `echo powershell -File C:\self.ps1> C:\self.ps1`, "")
	if _, errs, code := runLine(h, t.Context(), `powershell -File C:\self.ps1`, ""); code == 0 || errs == "" {
		t.Errorf("%d %q", code, errs)
	}
	disk := h.files()
	if err := disk.Write(`C:\big`, make([]byte, diskBytes-1000), false); err != nil {
		t.Fatal(err)
	}
	if err := disk.Write(`C:\big2`, make([]byte, 2000), false); err != errDiskFull {
		t.Errorf("a full disk: %v", err)
	}
	if err := disk.Write(`C:\big`, []byte("small"), false); err != nil {
		t.Errorf("replacing: %v", err)
	}
	for i := range diskFiles {
		if err := disk.MakeFolder(`C:\many` + strings.Repeat("x", i%200) + string(rune('a'+i/200))); err == errDiskFull {
			return
		}
	}
	t.Error("any number of files")
}

func TestCmdIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHost(t, Cost{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if _, _, code := runLine(h, ctx, `ping -n 60 127.0.0.1 & echo after`, ""); code != terminated || time.Since(begin) != 3*time.Second {
			t.Errorf("%d after %v", code, time.Since(begin))
		}
		begin = time.Now()
		if _, _, code := runLine(h, t.Context(), `timeout /t 5 /nobreak`, ""); code != 0 || time.Since(begin) != 5*time.Second {
			t.Errorf("%d after %v", code, time.Since(begin))
		}
	})
}

// The scripts below are word for word those of winrmcp and of Ansible's plug-ins.
const winrmcpRestore = `
		$tmp_file_path = [System.IO.Path]::GetFullPath("$env:TEMP\winrmcp-1.tmp")
		$dest_file_path = [System.IO.Path]::GetFullPath("C:\upload\a file.bin".Trim("'"))
		if (Test-Path $dest_file_path) {
			if (Test-Path -Path $dest_file_path -PathType container) {
				Exit 1
			} else {
				rm $dest_file_path
			}
		}
		else {
			$dest_dir = ([System.IO.Path]::GetDirectoryName($dest_file_path))
			New-Item -ItemType directory -Force -ErrorAction SilentlyContinue -Path $dest_dir | Out-Null
		}

		if (Test-Path $tmp_file_path) {
			$reader = [System.IO.File]::OpenText($tmp_file_path)
			$writer = [System.IO.File]::OpenWrite($dest_file_path)
			try {
				for(;;) {
					$base64_line = $reader.ReadLine()
					if ($base64_line -eq $null) { break }
					$bytes = [System.Convert]::FromBase64String($base64_line)
					$writer.write($bytes, 0, $bytes.Length)
				}
			}
			finally {
				$reader.Close()
				$writer.Close()
			}
		} else {
			echo $null > $dest_file_path
		}
	`

const ansiblePut = `begin {
$path = 'C:\upload\it''s.txt'
$DebugPreference = "Continue"
$ErrorActionPreference = "Stop"
Set-StrictMode -Version 2
$fd = [System.IO.File]::Create($path)
$sha1 = [System.Security.Cryptography.SHA1CryptoServiceProvider]::Create()
$bytes = @() #initialize for empty file case
}
process {
$bytes = [System.Convert]::FromBase64String($input)
$sha1.TransformBlock($bytes, 0, $bytes.Length, $bytes, 0) | Out-Null
$fd.Write($bytes, 0, $bytes.Length)
}
end {
$sha1.TransformFinalBlock($bytes, 0, 0) | Out-Null
$hash = [System.BitConverter]::ToString($sha1.Hash).Replace("-", "").ToLowerInvariant()
$fd.Close()
Write-Output "{""sha1"":""$hash""}"
}`

func TestFileScripts(t *testing.T) {
	h := testHost(t, Cost{})
	one, two := bytes.Repeat([]byte{0, 1, 2, 254, 255}, 900), []byte("the end")
	for _, chunk := range [][]byte{one, two} {
		line := `echo ` + base64.StdEncoding.EncodeToString(chunk) + ` >> "%TEMP%\winrmcp-1.tmp"`
		if _, errs, code := runLine(h, t.Context(), line, ""); code != 0 || errs != "" {
			t.Fatal(code, errs)
		}
	}
	if _, errs, code := runLine(h, t.Context(), encoded("$ProgressPreference = 'SilentlyContinue';"+winrmcpRestore), ""); code != 0 || errs != "" {
		t.Fatal(code, errs)
	}
	if got, err := h.files().Read(`c:\UPLOAD\A file.bin`); err != nil || !bytes.Equal(got, append(bytes.Clone(one), two...)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	cleanup := "\n\t\t$tmp_file_path = [System.IO.Path]::GetFullPath(\"$env:TEMP\\winrmcp-1.tmp\")\n\t\tif (Test-Path $tmp_file_path) {\n\t\t\tRemove-Item $tmp_file_path -ErrorAction SilentlyContinue\n\t\t}\n\t"
	runLine(h, t.Context(), encoded(cleanup), "")
	if _, err := h.files().Stat(tempFolder + `\winrmcp-1.tmp`); err == nil {
		t.Error("the upload is still there")
	}

	stdin := base64.StdEncoding.EncodeToString([]byte("hello ")) + "\r\n" + base64.StdEncoding.EncodeToString([]byte("world")) + "\r\n"
	out, errs, code := runLine(h, t.Context(), encoded(ansiblePut), stdin)
	if out != "{\"sha1\":\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\"}\r\n" || code != 0 {
		t.Errorf("put: %q %q %d", out, errs, code)
	}
	tail := "\nIf (-not $?) { If (Get-Variable LASTEXITCODE -ErrorAction SilentlyContinue) { exit $LASTEXITCODE } Else { exit 1 } }"
	for _, tt := range []struct {
		script, out string
		code        int
	}{
		{"Set-StrictMode -Version Latest\n$path = 'C:\\upload\\it''s.txt'\nIf (Test-Path -Path $path -PathType Leaf)\n{\n$buffer_size = 524288\n$offset = 6\n$stream = 1\n[System.Convert]::ToBase64String($bytes)\n}", "d29ybGQ=\r\n", 0},
		{"Set-StrictMode -Version Latest\nIf (Test-Path -PathType Leaf 'C:\\upload\\it''s.txt')\n{\n$sp = new-object -TypeName System.Security.Cryptography.SHA1CryptoServiceProvider;\n}" + tail, "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\r\n", 0},
		{"Set-StrictMode -Version Latest\nIf (Test-Path 'C:\\upload\\none')\n{\n$res = 0;\n}\nElse\n{\n$res = 1;\n}\nWrite-Output '$res';\nExit $res;" + tail, "$res\r\n", 1},
		{"Set-StrictMode -Version Latest\n$tmp_path = [System.Environment]::ExpandEnvironmentVariables('%TEMP%')\n$tmp = New-Item -Type Directory -Path $tmp_path -Name 'ansible-tmp-1'\nWrite-Output -InputObject $tmp.FullName" + tail, tempFolder + "\\ansible-tmp-1\r\n", 0},
		{"Set-StrictMode -Version Latest\nRemove-Item 'C:\\upload\\it''s.txt' -Force -Recurse;" + tail, "", 0},
		{`[IO.File]::WriteAllBytes("$env:TEMP\w.bin", [Convert]::FromBase64String("aGk="))`, "", 0},
		{`[System.Convert]::ToBase64String([System.IO.File]::ReadAllBytes("C:\Users\looksalive\AppData\Local\Temp\w.bin"))`, "aGk=\r\n", 0},
		{`Get-Content $env:TEMP\w.bin`, "hi\r\n", 0},
		{`Get-Content C:\nope`, "", 1},
		{`Test-Path C:\Windows`, "True\r\n", 0},
		{`Set-Content -Path C:\s.txt -Value 'it''s'`, "", 0},
		{`type C:\s.txt`, "it's\r\n", 0},
		{`powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand ` + strings.Fields(encoded("hostname"))[2], "HV-FRA-01\r\n", 0}, // one in another
	} {
		out, errs, code := runLine(h, t.Context(), "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "+strings.Fields(encoded(tt.script))[2], "")
		if out != tt.out || code != tt.code || (tt.code == 0) != (errs == "") && tt.out == "" {
			t.Errorf("%s:\n%q, want %q\n%q\n%d, want %d", tt.script, out, tt.out, errs, code, tt.code)
		}
	}
}

func TestWorkingDirectory(t *testing.T) {
	h := testHost(t, Cost{})
	var out bytes.Buffer
	p := &wsman.Process{CommandLine: `cd & echo %MINE%`, ViaCmd: true, Dir: `%SystemRoot%\Temp`, Env: map[string]string{"mine": "42"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
	if h.Run(t.Context(), p); out.String() != "C:\\Windows\\Temp\r\n42\r\n" {
		t.Errorf("%q", out.String())
	}
}

func FuzzCmd(f *testing.F) {
	for _, line := range []string{`if not exist "a b" (echo x > f 2>&1) else echo y`, `(a & (b | c)) && d || e`, `if /i a == b echo ^& %TEMP%`, `echo x >`, `>f`, `if`, `if a`, `""`, `(((`, `a|`, `&`, `2>&1`, `if not exist "0"()`, `if not`} {
		f.Add(line)
	}
	h := &host{sim: &Simulator{opts: Options{Now: func() time.Time { return noon }}}, cluster: newCluster(DemoShapes()[0], 1, noon)}
	h.node = h.cluster.nodes[0]
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(strings.ToLower(line), "ping") || strings.Contains(strings.ToLower(line), "timeout") || strings.Contains(strings.ToLower(line), "sleep") {
			return // they wait
		}
		var out bytes.Buffer
		h.Run(t.Context(), &wsman.Process{CommandLine: line, ViaCmd: true, Stdin: strings.NewReader("in\n"), Stdout: &out, Stderr: &out})
	})
}
