package wsman

import "net"

// Server is the WinRM service of one node.
type Server struct{ o Options }

// New returns a server that owns no listener yet.
func New(o Options) *Server { return &Server{o: o} }

// Serve answers WinRM over HTTP on l until Close; it then returns ErrClosed.
func (s *Server) Serve(l net.Listener) error { return ErrClosed }

// ServeTLS answers WinRM over HTTPS on l until Close; it then returns ErrClosed.
func (s *Server) ServeTLS(l net.Listener) error { return ErrClosed }

// Shells lists the open shells, oldest first.
func (s *Server) Shells() []ShellInfo { return nil }

// DropAll cuts every connection and ends every shell, as a power loss does.
// The listeners stay: combine it with Options.Refuse while the node is down.
func (s *Server) DropAll() {}

// Close ends listeners, connections, shells and their processes.
func (s *Server) Close() error { return nil }
