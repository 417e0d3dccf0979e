package simulator

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"looksalive/simulator/wsman"
)

// The scripts with which other people's WinRM clients move files, recognised by
// their text. Sources: packer-community/winrmcp (cp.go, ls.go), Ansible's winrm
// connection and powershell shell plug-ins.

// fileScript is one of them. A blank in pattern stands for any white space.
type fileScript struct {
	pattern *regexp.Regexp
	run     func(s *psFiles, args []string) int // nil: runScript
}

// quotedText is a quoted word; its two groups are one of the ways to quote.
const quotedText = `("(?:[^"]|"")*"|'(?:[^']|'')*')`

func script(pattern string, run func(s *psFiles, args []string) int) fileScript {
	return fileScript{regexp.MustCompile(`(?is)^` + strings.ReplaceAll(pattern, " ", `\s*`) + `$`), run}
}

var fileScripts = []fileScript{
	// winrmcp: decode an uploaded file, line by line, to where it belongs.
	script(`\$tmp_file_path = \[System\.IO\.Path\]::GetFullPath\( `+quotedText+` \) \$dest_file_path = \[System\.IO\.Path\]::GetFullPath\( `+quotedText+`(?:\.Trim\("'"\))? \) if .*OpenText\(\$tmp_file_path\).*FromBase64String.*`, (*psFiles).restore),
	script(`\$tmp_file_path = \[System\.IO\.Path\]::GetFullPath\( `+quotedText+` \) if \(Test-Path \$tmp_file_path\) \{ Remove-Item \$tmp_file_path[^}]*\}`, (*psFiles).cleanup),
	script(`Get-ChildItem (.+?) \| ConvertTo-Xml -NoTypeInformation -As String`, (*psFiles).listXML),
	// Ansible: put_file, fetch_file and what its shell plug-in asks.
	script(`begin \{ \$path = `+quotedText+` .*\[System\.IO\.File\]::Create\(\$path\).*FromBase64String\(\$input\).*sha1.*`, (*psFiles).put),
	script(`\$path = `+quotedText+` If \(Test-Path -Path \$path -PathType Leaf\) \{ \$buffer_size = (\d+) \$offset = (\d+) .*ToBase64String\(\$bytes\).*`, (*psFiles).fetch),
	script(`\$tmp_path = \[System\.Environment\]::ExpandEnvironmentVariables\( `+quotedText+` \) \$tmp = New-Item -Type Directory -Path \$tmp_path -Name `+quotedText+` Write-Output -InputObject \$tmp\.FullName`, (*psFiles).makeTemp),
	script(`If \(Test-Path `+quotedText+` \) \{ \$res = 0; \} Else \{ \$res = 1; \} Write-Output '\$res'; Exit \$res;`, (*psFiles).exists),
	script(`If \(Test-Path -PathType Leaf `+quotedText+` \) \{ .*SHA1CryptoServiceProvider.*`, (*psFiles).checksum),
	script(`Write-Output \(Get-Location\)\.Path`, func(s *psFiles, _ []string) int { return say(s.p.Stdout, s.dir) }),
	// Packer: the variables' file, then the script that was uploaded.
	script(`(?:& \{ )?(?:if \(Test-Path variable:global:ProgressPreference\)\{[^}]*\};? )?(?:\. [^;]+; )?& ('[^']+'|[^\s;'"]+); exit \$LastExitCode;? \}?`, nil),
	script(`(?:if \(Test-Path [^)]+\) \{ Remove-Item [^}]+\} ;? )+`, (*psFiles).removeEach),
	// One-liners on files.
	script(`\[(?:System\.)?IO\.File\]::WriteAllBytes\( (.+?) , \[(?:System\.)?Convert\]::FromBase64String\( `+quotedText+` \) \) ;?`, (*psFiles).writeBytes),
	script(`\[(?:System\.)?Convert\]::ToBase64String\( \[(?:System\.)?IO\.File\]::ReadAllBytes\( (.+?) \) \) ;?`, (*psFiles).readBytes),
	script(`(?:Get-Content|gc|cat|type)(?: -(?:Literal)?Path)? ([^-|;][^|;]*?)(?: -Raw)? ;?`, (*psFiles).content),
	script(`Test-Path(?: -(?:Literal)?Path)? ([^-|;][^|;]*?) ;?`, (*psFiles).test),
	script(`(?:Remove-Item|rm|del)(?: -(?:Literal)?Path)? ([^-|;][^|;]*?)((?: -\w+(?: SilentlyContinue)?)*) ;?`, (*psFiles).remove),
	script(`New-Item (?:-ItemType|-Type) Directory(?: -Force)?(?: -Path)? ([^-|;][^|;]*?)(?: -Force)?(?: \| Out-Null)? ;?`, (*psFiles).folder),
	script(`(Set-Content|Add-Content|sc|ac)(?: -Path)? ([^-|;\s]+|`+quotedText+`)(?: -Value)? `+quotedText+` ;?`, (*psFiles).set),
}

// ansibleTail and ansibleHead surround Ansible's scripts.
var (
	ansibleTail = regexp.MustCompile(`(?s)\s*If \(-not \$\?\) \{ If \(Get-Variable LASTEXITCODE.*$`)
	ansibleHead = regexp.MustCompile(`(?i)^Set-StrictMode -Version Latest\s*`)
)

// psFiles runs one of the scripts.
type psFiles struct {
	h    *host
	p    *wsman.Process
	dir  string
	text string // the script
}

// fileScript runs the text when it is one of the scripts.
func (h *host) fileScript(ctx context.Context, p *wsman.Process, text string) (code int, known bool) {
	text = strings.TrimSpace(ansibleHead.ReplaceAllString(ansibleTail.ReplaceAllString(text, ""), ""))
	for _, f := range fileScripts {
		if m := f.pattern.FindStringSubmatch(text); m != nil {
			s := &psFiles{h, p, h.startFolder(p), text}
			run := f.run
			if run == nil {
				run = func(s *psFiles, args []string) int { return s.runScript(ctx, args) }
			}
			if code = run(s, m[1:]); ctx.Err() != nil {
				code = terminated
			}
			return code, true
		}
	}
	return 0, false
}

var (
	envWord  = regexp.MustCompile(`(?i)\$\{?env:(\w+)\}?`)
	backtick = strings.NewReplacer("`\"", `"`, "``", "`", "`$", "$")
)

// path is a quoted or bare word as a full path, with $env: and %NAME% expanded.
func (s *psFiles) path(word string) (string, error) {
	word = strings.TrimSpace(word)
	if !strings.HasPrefix(word, "'") {
		word = envWord.ReplaceAllStringFunc(word, func(m string) string {
			v, _ := s.h.variable(s.p, envWord.FindStringSubmatch(m)[1])
			return v
		})
		word = backtick.Replace(word)
	}
	word = strings.Trim(unquote(word), "'")
	return fullPath(s.dir, expandCmd(word, func(name string) (string, bool) { return s.h.variable(s.p, name) }))
}

// fail writes a terminating error of a cmdlet or method.
func (s *psFiles) fail(err error, what string) int {
	writeCLIXML(s.p.Stderr, &psError{message: cmdError(err), kind: "System.IO.IOException", id: "System.IO.IOException", line: what})
	return 1
}

// runScript runs a script from the disk.
func (s *psFiles) runScript(ctx context.Context, args []string) int {
	data, err := s.read(args[0])
	if err != nil {
		return s.fail(err, "& "+args[0])
	}
	ctx, ok := nested(ctx)
	if !ok {
		return s.fail(errDepth, "& "+args[0])
	}
	return s.h.once(ctx, s.p, strings.TrimPrefix(string(data), "\ufeff"))
}

var removal = regexp.MustCompile(`(?i)Remove-Item\s+([^}]+)\}`)

// removeEach deletes what is there of several files.
func (s *psFiles) removeEach(args []string) int {
	for _, m := range removal.FindAllStringSubmatch(s.text, -1) {
		if info, ok := s.there(m[1]); ok {
			_ = s.h.files().Remove(info.Path, false)
		}
	}
	return 0
}

var errDepth = errors.New("The script failed due to call depth overflow.")

func (s *psFiles) restore(args []string) int {
	from, err := s.path(args[0])
	if err != nil {
		return s.fail(err, "OpenText")
	}
	to, err := s.path(args[1])
	if err != nil {
		return s.fail(err, "OpenWrite")
	}
	disk := s.h.files()
	if info, err := disk.Stat(to); err == nil && info.Folder {
		return 1
	}
	_ = disk.MakeFolder(parent(to)) // there already, most of the time
	text, err := disk.Read(from)
	if err != nil { // nothing was uploaded: an empty file, as "echo $null >" makes it
		text = nil
	}
	data, err := decodeLines(text)
	if err == nil {
		err = disk.Write(to, data, false)
	}
	if err != nil {
		return s.fail(err, "$writer.write")
	}
	return 0
}

// decodeLines decodes base64 that begins anew with every line.
func decodeLines(text []byte) ([]byte, error) {
	var out []byte
	for line := range strings.Lines(string(text)) {
		b, err := base64.StdEncoding.DecodeString(base64Only(line))
		if err != nil {
			return nil, fmt.Errorf("The input is not a valid Base-64 string.")
		}
		out = append(out, b...)
	}
	return out, nil
}

func (s *psFiles) cleanup(args []string) int {
	if path, err := s.path(args[0]); err == nil {
		_ = s.h.files().Remove(path, false) // -ErrorAction SilentlyContinue
	}
	return 0
}

func (s *psFiles) listXML(args []string) int {
	path, err := s.path(args[0])
	if err != nil {
		return s.fail(err, "Get-ChildItem")
	}
	info, err := s.h.files().Stat(path)
	if err != nil {
		return s.fail(err, "Get-ChildItem")
	}
	list := []FileInfo{info}
	if info.Folder {
		list, _ = s.h.files().List(path)
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Objects>\r\n")
	for _, f := range list {
		mode, length := "-a----", fmt.Sprintf("    <Property Name=\"Length\">%d</Property>\r\n", f.Size)
		if f.Folder {
			mode, length = "d-----", ""
		}
		fmt.Fprintf(&b, "  <Object>\r\n    <Property Name=\"Mode\">%s</Property>\r\n    <Property Name=\"Name\">%s</Property>\r\n%s    <Property Name=\"FullName\">%s</Property>\r\n    <Property Name=\"LastWriteTime\">%s</Property>\r\n  </Object>\r\n",
			mode, xmlText.Replace(f.Name()), length, xmlText.Replace(f.Path), f.Modified.Format("1/2/2006 3:04:05 PM"))
	}
	b.WriteString("</Objects>\r\n")
	io.WriteString(s.p.Stdout, b.String())
	return 0
}

func (s *psFiles) put(args []string) int {
	path, err := s.path(args[0])
	if err != nil {
		return s.fail(err, "Create")
	}
	disk, sum := s.h.files(), sha1.New()
	if err := disk.Write(path, nil, false); err != nil {
		return s.fail(err, "Create")
	}
	for lines := bufio.NewReader(s.p.Stdin); ; {
		line, readErr := lines.ReadString('\n')
		data, err := decodeLines([]byte(line))
		if err == nil {
			sum.Write(data)
			err = disk.Write(path, data, true)
		}
		if err != nil {
			return s.fail(err, "$fd.Write")
		}
		if readErr != nil {
			break
		}
	}
	return say(s.p.Stdout, `{"sha1":"`+hex.EncodeToString(sum.Sum(nil))+`"}`)
}

func (s *psFiles) fetch(args []string) int {
	path, err := s.path(args[0])
	if err != nil {
		return s.fail(err, "Test-Path")
	}
	if info, err := s.h.files().Stat(path); err == nil && info.Folder {
		return say(s.p.Stdout, "[DIR]")
	}
	data, err := s.h.files().Read(path)
	if err != nil {
		return s.fail(fmt.Errorf("%s does not exist", path), "Write-Error")
	}
	size, _ := strconv.Atoi(args[1])
	offset, _ := strconv.Atoi(args[2])
	if data = data[min(offset, len(data)):]; len(data) == 0 {
		return 0
	}
	return say(s.p.Stdout, base64.StdEncoding.EncodeToString(data[:min(size, len(data))]))
}

func (s *psFiles) makeTemp(args []string) int {
	path, err := s.path(args[0])
	if err == nil {
		path += `\` + unquote(args[1])
		err = s.h.files().MakeFolder(path)
	}
	if err != nil {
		return s.fail(err, "New-Item")
	}
	return say(s.p.Stdout, path)
}

// there says whether the word names something.
func (s *psFiles) there(word string) (FileInfo, bool) {
	path, err := s.path(word)
	if err != nil {
		return FileInfo{}, false
	}
	info, err := s.h.files().Stat(path)
	return info, err == nil
}

func (s *psFiles) exists(args []string) int {
	say(s.p.Stdout, "$res") // in single quotes, as the script has it
	if _, ok := s.there(args[0]); !ok {
		return 1
	}
	return 0
}

func (s *psFiles) test(args []string) int {
	_, ok := s.there(args[0])
	return say(s.p.Stdout, map[bool]string{true: "True", false: "False"}[ok])
}

func (s *psFiles) checksum(args []string) int {
	info, ok := s.there(args[0])
	switch {
	case !ok:
		return say(s.p.Stdout, "1")
	case info.Folder:
		return say(s.p.Stdout, "3")
	}
	data, _ := s.h.files().Read(info.Path)
	return say(s.p.Stdout, fmt.Sprintf("%x", sha1.Sum(data)))
}

func (s *psFiles) writeBytes(args []string) int {
	path, err := s.path(args[0])
	var data []byte
	if err == nil {
		data, err = decodeLines([]byte(unquote(args[1])))
	}
	if err == nil {
		err = s.h.files().Write(path, data, false)
	}
	if err != nil {
		return s.fail(err, "WriteAllBytes")
	}
	return 0
}

func (s *psFiles) readBytes(args []string) int {
	data, err := s.read(args[0])
	if err != nil {
		return s.fail(err, "ReadAllBytes")
	}
	return say(s.p.Stdout, base64.StdEncoding.EncodeToString(data))
}

func (s *psFiles) read(word string) ([]byte, error) {
	path, err := s.path(word)
	if err != nil {
		return nil, err
	}
	return s.h.files().Read(path)
}

func (s *psFiles) content(args []string) int {
	data, err := s.read(args[0])
	if err != nil {
		return s.fail(err, "Get-Content")
	}
	for line := range strings.Lines(string(data)) {
		if say(s.p.Stdout, strings.TrimRight(line, "\r\n")) != 0 {
			return terminated
		}
	}
	return 0
}

func (s *psFiles) remove(args []string) int {
	path, err := s.path(args[0])
	if err == nil {
		err = s.h.files().Remove(path, strings.Contains(strings.ToLower(args[1]), "-recurse"))
	}
	if err != nil && !strings.Contains(strings.ToLower(args[1]), "silentlycontinue") {
		return s.fail(err, "Remove-Item")
	}
	return 0
}

func (s *psFiles) folder(args []string) int {
	path, err := s.path(args[0])
	if err == nil {
		_ = s.h.files().MakeFolder(path) // -Force: being there is fine
		_, err = s.h.files().Stat(path)
	}
	if err != nil {
		return s.fail(err, "New-Item")
	}
	return 0
}

func (s *psFiles) set(args []string) int {
	path, err := s.path(args[1])
	if err == nil {
		add := strings.HasPrefix(strings.ToLower(args[0]), "a")
		err = s.h.files().Write(path, []byte(unquote(args[3])+"\r\n"), add)
	}
	if err != nil {
		return s.fail(err, args[0])
	}
	return 0
}
