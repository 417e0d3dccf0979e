package remoting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// toldState is the state a node told last. From one answer to the next usually
// nothing changes but the time and how full the volumes are. Then only those are
// decoded, and the long lists of roles and resources are shared.
type toldState struct {
	rest   uint64 // hash of the answer without UtcNow and Volumes
	state  *cluster.State
	denied []string
}

func decodeState(a answer, p *peer, o *cluster.Observation) error {
	rest, volumes, ok := restOfState(a.json)
	if told := p.told.Load(); ok && told != nil && told.rest == rest {
		var v []scripts.StateVolume
		if json.Unmarshal(volumes, &v) == nil {
			s := *told.state
			s.Volumes = convert(v, volume)
			o.State, o.Denied = &s, told.denied
			return nil
		}
	}
	s, err := decode[scripts.ClusterState](a)
	if err != nil {
		return err
	}
	if s.Name == "" {
		return fmt.Errorf("it names no cluster: %w", errBadAnswer)
	}
	o.Denied = texts(s.Denied, nameLen)
	o.State = &cluster.State{
		Name: name(s.Name), Level: s.ClusterFunctionalLevel, Upgrade: s.ClusterUpgradeVersion, S2D: s.S2DEnabled != 0,
		Quorum: quorum(s), Heartbeat: heartbeat(s), Resiliency: resiliency(s),
		Nodes: convert(s.Nodes, node), Networks: convert(s.Networks, network), Interfaces: convert(s.Interfaces, netInterface),
		Roles: roles(s.Groups, s.Resources), Volumes: convert(s.Volumes, volume),
	}
	if ok {
		p.told.Store(&toldState{rest, o.State, o.Denied})
	}
	return nil
}

var hashSeed = maphash.MakeSeed()

// restOfState hashes a state without UtcNow and Volumes, and gives the JSON of the
// latter. ok is false unless each of them is there once. JSON that is broken is cut
// somehow; it never has the hash of an answer that was understood.
func restOfState(b []byte) (rest uint64, volumes []byte, ok bool) {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	times, lists, from := 0, 0, 0
	members(b, func(key, value []byte, at int) {
		switch string(key) {
		case `"UtcNow"`:
			times++
		case `"Volumes"`:
			lists++
			volumes = value
		default:
			return
		}
		_, _ = h.Write(b[from:at]) // does not fail
		from = at + len(value)
	})
	_, _ = h.Write(b[from:])
	return h.Sum64(), volumes, times == 1 && lists == 1
}

// members visits the members of a JSON object: the key as it is written, the value
// and where it begins.
func members(b []byte, visit func(key, value []byte, at int)) {
	depth, start := 0, 0 // start: of a key or value at depth 1
	var key []byte
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth == 1 {
				start = i + 1
			}
		case ':':
			if depth == 1 && key == nil {
				key, start = b[start:i], i+1
			}
		case '}', ']', ',':
			if depth == 1 && key != nil {
				visit(bytes.TrimSpace(key), b[start:i], start)
			}
			if depth == 1 {
				key, start = nil, i+1
			}
			if b[i] != ',' {
				depth--
			}
		}
	}
}
