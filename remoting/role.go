package remoting

import (
	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// roles puts the resources under the groups that own them. A resource of a group
// that may not be read is left out.
func roles(groups []scripts.StateGroup, resources []scripts.StateResource) []cluster.Role {
	of := make(map[string][]cluster.Resource, len(groups))
	for _, r := range resources {
		of[r.OwnerGroup] = append(of[r.OwnerGroup], cluster.Resource{
			Name: name(r.Name), Type: name(r.Type), State: cluster.ResourceState(r.State), Owner: name(r.OwnerNode), Core: r.CoreResource,
		})
	}
	return convert(groups, func(g scripts.StateGroup) cluster.Role {
		held := of[g.Name]
		if held == nil {
			held = []cluster.Resource{}
		}
		return cluster.Role{
			Name: name(g.Name), ID: name(g.Id), Type: cluster.GroupType(g.GroupType), State: cluster.GroupState(g.State),
			Status: cluster.GroupStatus(g.StatusInformation), Owner: name(g.OwnerNode), Priority: g.Priority, Resources: held,
		}
	})
}
