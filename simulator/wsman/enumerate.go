package wsman

import (
	"context"
	"sort"
)

// Enumeration of shells (winrm enumerate winrm/shell, MS-WSMV 3.1.4.8). The
// context is stateless: every Pull returns the whole list, which is never
// longer than MaxShellsPerUser.

func (s *Server) doEnumerate(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	if r.body == nil || r.body.name.Local != "Enumerate" {
		return nil, faultSchema()
	}
	w := newEnvelope(nsN+"/EnumerateResponse", r.messageID, "w", "n", "p")
	w.raw(`<n:EnumerateResponse>`)
	if r.body.child(nsW, "OptimizeEnumeration") != nil {
		w.raw(`<n:EnumerationContext></n:EnumerationContext><w:Items>`)
		s.writeShells(w, c)
		w.raw(`</w:Items><w:EndOfSequence></w:EndOfSequence>`)
	} else {
		w.raw(`<n:EnumerationContext>uuid:`, newUUID(), `</n:EnumerationContext>`)
	}
	return w.raw(`</n:EnumerateResponse>`).end(), nil
}

func (s *Server) doPull(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	if r.body.value(nsN, "EnumerationContext") == "" {
		return nil, faultParameter("EnumerationContext")
	}
	w := newEnvelope(nsN+"/PullResponse", r.messageID, "w", "n", "p")
	w.raw(`<n:PullResponse><n:Items>`)
	s.writeShells(w, c)
	return w.raw(`</n:Items><n:EndOfSequence></n:EndOfSequence></n:PullResponse>`).end(), nil
}

func (s *Server) doRelease(_ context.Context, _ *caller, r *request) ([]byte, *fault) {
	return newEnvelope(nsN+"/ReleaseResponse", r.messageID, "w", "p").end(), nil
}

func (s *Server) writeShells(w *writer, c *caller) {
	for _, sh := range s.sorted() {
		if sh.owner == c.account {
			sh.write(w)
		}
	}
}

// sorted lists the shells, oldest first.
func (s *Server) sorted() []*shell {
	s.mu.Lock()
	list := make([]*shell, 0, len(s.shells))
	for _, sh := range s.shells {
		list = append(list, sh)
	}
	s.mu.Unlock()
	sort.Slice(list, func(i, j int) bool {
		if !list[i].created.Equal(list[j].created) {
			return list[i].created.Before(list[j].created)
		}
		return list[i].id < list[j].id
	})
	return list
}
