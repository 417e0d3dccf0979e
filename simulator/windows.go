package simulator

import "fmt"

// windows is a version of Windows Server. The functional levels are those of
// (Get-Cluster).ClusterFunctionalLevel.
type windows struct {
	name, product   string // as Win32_OperatingSystem and the registry spell it
	build, revision int
	level, upgrade  int
}

var (
	azureLocal = windows{"Microsoft Azure Stack HCI", "Azure Stack HCI", 25398, 1251, 12, 4}

	windowsVersions = map[string]windows{
		"2016": {"Microsoft Windows Server 2016 Datacenter", "Windows Server 2016 Datacenter", 14393, 7428, 9, 8},
		"2019": {"Microsoft Windows Server 2019 Datacenter", "Windows Server 2019 Datacenter", 17763, 6414, 10, 3},
		"2022": {"Microsoft Windows Server 2022 Datacenter", "Windows Server 2022 Datacenter", 20348, 2762, 11, 2},
		"2025": {"Microsoft Windows Server 2025 Datacenter", "Windows Server 2025 Datacenter", 26100, 1742, 12, 4},
	}
)

// windows is what all nodes run.
func (c *simCluster) windows() windows {
	switch {
	case c.shape.Windows != "":
		return windowsVersions[c.shape.Windows]
	case c.shape.AzureLocal:
		return azureLocal
	}
	return windowsVersions["2022"]
}

func (c *simCluster) build() int { return c.windows().build }

// fullBuild has the update revision.
func (c *simCluster) fullBuild() string {
	return fmt.Sprintf("%d.%d", c.windows().build, c.windows().revision)
}

// hasHistory says whether the Windows of the nodes keeps performance history at
// all: since 2019 (with Storage Spaces Direct, which is asked elsewhere).
func (c *simCluster) hasHistory() bool { return c.build() >= 17763 }

func psVersion(c *simCluster) string { return fmt.Sprintf("5.1.%d.2110", c.build()) }
