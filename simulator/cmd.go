package simulator

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"looksalive/simulator/wsman"
)

// cmdArgument is what follows /c.
func cmdArgument(args string) string {
	lower := strings.ToLower(args)
	if i := strings.Index(lower, "/c"); i >= 0 {
		return unquote(args[i+2:])
	}
	return args
}

// cmd runs one line of cmd.exe.
func (h *host) cmd(ctx context.Context, p *wsman.Process, line string) int {
	word, rest := splitCommand(line)
	say := func(lines ...string) int {
		for _, l := range lines {
			if _, err := fmt.Fprintf(p.Stdout, "%s\r\n", l); err != nil {
				return terminated
			}
		}
		return 0
	}
	switch name := strings.TrimSuffix(strings.ToLower(word), ".exe"); name {
	case "echo":
		return say(rest)
	case "echo.":
		return say("")
	case "hostname":
		return say(h.node.Name)
	case "ver":
		return say("", fmt.Sprintf("Microsoft Windows [Version 10.0.%d.2762]", h.cluster.build()))
	case "whoami":
		return say(h.whoami())
	case "ipconfig":
		return say(h.ipconfig()...)
	case "rem", "":
		return 0
	case "exit":
		code, _ := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(strings.ToLower(rest), "/b")))
		return code
	case "type":
		fmt.Fprint(p.Stderr, "The system cannot find the file specified.\r\n")
		return 1
	case "powershell", "cmd":
		inner := *p
		inner.CommandLine, inner.ViaCmd = line, true
		return h.Run(ctx, &inner)
	default:
		fmt.Fprintf(p.Stderr, "'%s' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", word)
		return 1
	}
}

func (h *host) whoami() string {
	domain, _, _ := strings.Cut(h.cluster.shape.Domain, ".")
	return strings.ToLower(domain) + `\` + user
}

func (h *host) ipconfig() []string {
	c := h.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []string{"", "Windows IP Configuration", ""}
	for _, net := range c.nets {
		if !net.has[h.node.index] {
			continue
		}
		out = append(out, "", "Ethernet adapter "+adapterName(net)+":", "", "   Connection-specific DNS Suffix  . : "+c.shape.Domain)
		if c.unplugged(net, h.node) {
			out = append(out[:len(out)-1], "   Media State . . . . . . . . . . . : Media disconnected")
			continue
		}
		mask := net.prefix.Bits()
		m := ^uint32(0) << (32 - mask)
		out = append(out, "   IPv4 Address. . . . . . . . . . . : "+net.address(h.node),
			fmt.Sprintf("   Subnet Mask . . . . . . . . . . . : %d.%d.%d.%d", byte(m>>24), byte(m>>16), byte(m>>8), byte(m)))
	}
	return out
}
