package simulator

import (
	"fmt"
	"time"

	"looksalive/cluster"
)

type simRole struct {
	name, id  string
	kind      cluster.GroupType
	priority  int
	owner     *simNode
	home      *simNode // where it was placed at first
	resources []*simResource
	memory    int64      // bytes a virtual machine needs
	load      float64    // cores a virtual machine uses at noon
	volume    *simVolume // where its disks are; nil: none

	state       cluster.GroupState
	status      cluster.GroupStatus
	pendingTill time.Time // coming online
	target      *simNode  // being live-migrated there
	movedTill   time.Time // when the live migration ends
	drainedFrom *simNode  // goes back there on resume
	held        bool      // taken offline by an administrator: stays so until somebody starts it
}

type simResource struct {
	name, kind string
	core       bool
	held       bool // taken offline by an administrator
	state      cluster.ResourceState
}

func (r *simRole) isVM() bool { return r.kind == cluster.GroupVirtualMachine }

func (c *simCluster) addRole(kind cluster.GroupType, name string, owner *simNode, resources ...*simResource) *simRole {
	r := &simRole{name: name, id: guid(c.seed, "role", name), kind: kind, priority: 2000, owner: owner, home: owner, resources: resources}
	for _, res := range resources {
		res.state = cluster.ResourceOnline
	}
	c.roles = append(c.roles, r)
	return r
}

// addRoles makes the groups a cluster always has, then those of the shape. The
// core group comes first.
func (c *simCluster) addRoles() {
	res := func(name, kind string) *simResource { return &simResource{name: name, kind: kind} }
	core := func(name, kind string) *simResource { return &simResource{name: name, kind: kind, core: true} }
	at := func(i int) *simNode { return c.nodes[i%len(c.nodes)] }

	coreRes := []*simResource{core("Cluster Name", "Network Name")}
	first := true
	for _, n := range c.nets {
		if n.Role == int(cluster.RoleClusterAndClient) {
			name := "Cluster IP Address"
			if !first {
				name += " " + hostAddress(n.prefix, 10)
			}
			coreRes, first = append(coreRes, core(name, "IP Address")), false
		}
	}
	switch c.shape.Witness {
	case "cloud":
		c.witness = core("Cloud Witness", "Cloud Witness")
		c.witnessPath = "simwitness.blob.core.example"
	case "share":
		c.witness = core("File Share Witness", "File Share Witness")
		c.witnessPath = `\\witness.` + c.shape.Domain + `\` + c.shape.Name + "$"
	case "disk":
		c.witness = core("Cluster Disk 1", "Physical Disk")
		c.witnessPath = `Cluster Disk 1`
	}
	if c.witness != nil {
		c.witnessName, c.witnessType = c.witness.name, c.witness.kind
		coreRes = append(coreRes, c.witness)
	}
	c.addRole(cluster.GroupCluster, "Cluster Group", at(0), coreRes...)
	c.addRole(cluster.GroupAvailableStorage, "Available Storage", at(1)).state = cluster.GroupOffline
	if !c.shape.SAN {
		c.addRole(cluster.GroupCoreSddc, "SDDC Group", at(2), res("SDDC Management", "SDDC Management"), res("Health", "Health Service"), res("Storage Qos Resource", "Storage QoS Policy Manager"))
		c.addRole(cluster.GroupStoragePool, guid(c.seed, "pool group"), at(1), res("Cluster Pool 1", "Storage Pool"))
	}
	if c.shape.AzureLocal {
		c.addRole(cluster.GroupUpdating, "CAU"+c.shape.Name, at(3), res("CAU"+c.shape.Name, "Network Name"), res("CAU"+c.shape.Name+"Resource", "ClusterAwareUpdatingResource"))
		c.addRole(cluster.GroupGenericService, "Azure Stack HCI Update Service Cluster Group", at(2), res("Azure Stack HCI Update Service", "Generic Service"))
	}
	for i, v := range c.volumes {
		v.res = &simResource{name: v.resourceName(c), kind: "Physical Disk"}
		v.role = c.addRole(cluster.GroupCSV, guid(c.seed, "csv", v.Name), at(i), v.res)
	}
	for i, s := range c.shape.Roles {
		disk := res(s.Name+" Disk", "Physical Disk")
		switch s.Kind {
		case "file server":
			c.addRole(cluster.GroupFileServer, s.Name, at(i), res(s.Name, "Network Name"), res("IP Address of "+s.Name, "IP Address"), disk, res("File Server ("+s.Name+")", "File Server"))
		case "sql":
			c.addRole(cluster.GroupTypeUnknown, s.Name, at(i), res("SQL Network Name", "Network Name"), res("SQL IP Address 1", "IP Address"), disk, res("SQL Server", "SQL Server"), res("SQL Server Agent", "SQL Server Agent"))
		}
	}
	c.addMachines()
}

func (c *simCluster) addMachines() {
	machines := c.shape.VMs
	for i := len(machines); i < c.shape.VMCount; i++ {
		machines = append(machines, VMShape{Name: fmt.Sprintf("%s-%03d", c.shape.VMPrefix, i+1)})
	}
	for i, s := range machines {
		h := hash(c.seed, "vm", s.Name)
		if s.MemoryGB == 0 {
			s.MemoryGB = []int{4, 8, 8, 16, 16, 32}[h%6]
		}
		if s.Priority == 0 {
			s.Priority = 2000
		}
		r := c.addRole(cluster.GroupVirtualMachine, s.Name, c.nodes[i%len(c.nodes)],
			&simResource{name: "Virtual Machine " + s.Name, kind: "Virtual Machine"},
			&simResource{name: "Virtual Machine Configuration " + s.Name, kind: "Virtual Machine Configuration"})
		r.memory, r.priority = int64(s.MemoryGB)<<30, s.Priority
		r.load = (0.2 + 0.9*unit(h)) * float64(s.MemoryGB) / 24
		if len(c.volumes) > 0 {
			r.volume = c.volumes[(i+i/len(c.nodes))%len(c.volumes)]
		}
	}
}

// start brings a role online on a node; it is pending for some seconds.
func (c *simCluster) start(r *simRole, on *simNode) {
	r.owner, r.target = on, nil
	r.state, r.status = cluster.GroupPending, 0
	seconds := 2 + hash(c.seed, r.name, c.now.Unix())%3
	if r.isVM() {
		seconds += 4 + hash(c.seed, r.name)%12 // firmware, then the guest's first heartbeat
	}
	r.pendingTill = c.now.Add(time.Duration(seconds) * time.Second)
	for _, res := range r.resources {
		res.state = cluster.ResourceOnlinePending
	}
	c.moving()
}

// stop sets a role and its resources to a resting state.
func (r *simRole) stop(group cluster.GroupState, res cluster.ResourceState, status cluster.GroupStatus) {
	r.state, r.status, r.target, r.pendingTill = group, status, nil, time.Time{}
	for _, x := range r.resources {
		x.state = res
	}
}

// migrate moves a running role without interruption; machines take as long as
// their memory needs on the wire.
func (c *simCluster) migrate(r *simRole, to *simNode) {
	r.target = to
	r.movedTill = c.now.Add(2*time.Second + time.Duration(r.memory>>33)*time.Second) // about 8 GiB a second
	c.moving()
}
