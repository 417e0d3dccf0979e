package handlers

import "looksalive/cluster"

// The objects of a cluster below its nodes, each with its health by the same
// rule the pages use.

type apiNetwork struct {
	Name    string               `json:"name"`
	Health  cluster.Health       `json:"health"`
	Reason  *string              `json:"reason"`
	State   cluster.NetworkState `json:"state"`
	Role    cluster.NetworkRole  `json:"role"`
	Address *string              `json:"address"`
	Prefix  *int                 `json:"prefixLength"`
}

func networkOf(n cluster.Network) apiNetwork {
	h, why := cluster.NetworkHealth(n)
	return apiNetwork{n.Name, h, nonZero(why), n.State, n.Role, nonZero(n.Address), nonZero(n.Prefix)}
}

type apiInterface struct {
	Node    string                 `json:"node"`
	Network string                 `json:"network"`
	Name    string                 `json:"name"`
	Adapter *string                `json:"adapter"`
	Address *string                `json:"address"`
	Health  cluster.Health         `json:"health"`
	Reason  *string                `json:"reason"`
	State   cluster.InterfaceState `json:"state"`
}

func interfaceOf(i cluster.Interface) apiInterface {
	h, why := cluster.InterfaceHealth(i)
	return apiInterface{i.Node, i.Network, i.Name, nonZero(i.Adapter), nonZero(i.Address), h, nonZero(why), i.State}
}

type apiRole struct {
	Name   string             `json:"name"`
	Type   cluster.GroupType  `json:"type"`
	Health cluster.Health     `json:"health"`
	Reason *string            `json:"reason"`
	State  cluster.GroupState `json:"state"`
	Status string             `json:"statusInformation"`
	Owner  *string            `json:"owner"`
	// Priority as in Windows: 0 no auto start, 1000 low, 2000 medium, 3000 high.
	Priority  int           `json:"priority"`
	Resources []apiResource `json:"resources"`
}

type apiResource struct {
	Name  string                `json:"name"`
	Type  string                `json:"type"`
	State cluster.ResourceState `json:"state"`
	Owner *string               `json:"owner"`
}

func roleOf(r cluster.Role) apiRole {
	h, why := cluster.RoleHealth(r)
	return apiRole{r.Name, r.Type, h, nonZero(why), r.State, r.Status.String(), nonZero(r.Owner), r.Priority,
		each(r.Resources, func(x cluster.Resource) apiResource {
			return apiResource{x.Name, x.Type, x.State, nonZero(x.Owner)}
		})}
}

type apiVolume struct {
	Name       string                `json:"name"`
	Path       *string               `json:"path"`
	Health     cluster.Health        `json:"health"`
	Reason     *string               `json:"reason"`
	State      cluster.ResourceState `json:"state"`
	Access     cluster.VolumeState   `json:"access"`
	Owner      *string               `json:"owner"`
	FileSystem *string               `json:"fileSystem"`
	Size       *int64                `json:"size"`
	Used       *int64                `json:"used"`
	Free       *int64                `json:"free"`
}

func volumeOf(v cluster.Volume) apiVolume {
	h, why := cluster.VolumeHealth(v)
	sized := v.Size > 0 // an offline volume has no size to tell
	return apiVolume{v.Name, nonZero(v.Path), h, nonZero(why), v.State, v.Access, nonZero(v.Owner), nonZero(v.FileSystem),
		known(v.Size, sized), known(v.Used(), sized), known(v.Free, sized)}
}

type apiPool struct {
	Name      string         `json:"name"`
	Health    cluster.Health `json:"health"`
	Reason    *string        `json:"reason"`
	Status    []string       `json:"operationalStatus"`
	ReadOnly  bool           `json:"readOnly"`
	Size      int64          `json:"size"`
	Allocated int64          `json:"allocated"`
}

func poolOf(p cluster.Pool) apiPool {
	h, why := cluster.PoolHealth(p)
	return apiPool{p.Name, h, nonZero(why), append([]string{}, p.Status...), p.ReadOnly, p.Size, p.Allocated}
}

type apiDisk struct {
	Name       string         `json:"name"`
	Health     cluster.Health `json:"health"`
	Reason     *string        `json:"reason"`
	Status     []string       `json:"operationalStatus"`
	Resiliency string         `json:"resiliency"`
	Copies     *int           `json:"dataCopies"`
	Size       int64          `json:"size"`
	Footprint  int64          `json:"footprint"`
}

func diskOf(d cluster.VirtualDisk) apiDisk {
	h, why := cluster.VirtualDiskHealth(d)
	return apiDisk{d.Name, h, nonZero(why), append([]string{}, d.Status...), d.Resiliency, nonZero(d.Copies), d.Size, d.Footprint}
}

type apiDrive struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Health   cluster.Health `json:"health"`
	Reason   *string        `json:"reason"`
	Status   []string       `json:"operationalStatus"`
	Node     *string        `json:"node"`
	Slot     *string        `json:"slot"`
	Media    *string        `json:"media"`
	Usage    *string        `json:"usage"`
	Model    *string        `json:"model"`
	Serial   *string        `json:"serial"`
	Firmware *string        `json:"firmware"`
	Size     int64          `json:"size"`
}

func driveOf(d cluster.Drive) apiDrive {
	h, why := cluster.DriveHealth(d)
	return apiDrive{d.ID, d.Name, h, nonZero(why), append([]string{}, d.Status...), nonZero(d.Node), nonZero(d.Slot),
		nonZero(d.Media), nonZero(d.Usage), nonZero(d.Model), nonZero(d.Serial), nonZero(d.Firmware), d.Size}
}

type apiJob struct {
	Name    string  `json:"name"`
	State   string  `json:"state"`
	Percent int     `json:"percentComplete"`
	Done    int64   `json:"bytesProcessed"`
	Total   int64   `json:"bytesTotal"`
	Elapsed float64 `json:"elapsedSeconds"`
}

func jobOf(j cluster.StorageJob) apiJob {
	return apiJob{j.Name, j.State, j.Percent, j.Done, j.Total, j.Elapsed.Seconds()}
}
