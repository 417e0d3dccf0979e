package main

import (
	"net"
	"os"
)

// address is how browsers reach a listener: one on all addresses is named by the
// machine's own name.
func address(l net.Listener, scheme string) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			return scheme + "://" + net.JoinHostPort(name, port)
		}
	}
	return scheme + "://" + l.Addr().String()
}
