package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// realNode starts containerd and a kubelet of its own, apart from any that the machine runs.
// It needs root and the Debian packages containerd, runc, containernetworking-plugins and iproute2.
func (s *supervisor) realNode(kubeconfig string, images []string) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	if err := bridge(); err != nil {
		return err
	}
	socket := filepath.Join(s.dir, "containerd.sock")
	files := map[string]string{
		// restrict_oom_score_adj: where CAP_SYS_RESOURCE is missing, runc cannot lower the score
		// and every pod sandbox fails with "can't get final child's PID from pipe".
		"containerd.toml": fmt.Sprintf(`version = 2
root = %q
state = %q
[grpc]
  address = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.local/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = %q
`, filepath.Join(s.dir, "containerd"), filepath.Join(s.dir, "containerd-run"), socket, filepath.Join(s.dir, "cni")),
		"cni/10-bridge.conflist": `{"cniVersion": "0.4.0", "name": "cluster", "plugins": [{"type": "bridge", "bridge": "cni0",
 "isGateway": true, "ipMasq": false, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]],
 "routes": [{"dst": "0.0.0.0/0"}]}}]}`,
		"resolv.conf": "",
		"kubelet.yaml": fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %q}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
failSwapOn: false
failCgroupV1: false
containerRuntimeEndpoint: "unix://%s"
port: %d
readOnlyPort: 0
healthzPort: 0
resolvConf: %q
clusterDNS: ["10.0.0.10"]
cgroupsPerQOS: false
featureGates: {InPlacePodVerticalScaling: false}
enforceNodeAllocatable: []
evictionHard: {nodefs.available: "1%%", imagefs.available: "1%%"}
imageGCHighThresholdPercent: 100
maxPods: 500
serializeImagePulls: false
`, filepath.Join(s.dir, kubeletClient+".crt"), socket, ports[0], filepath.Join(s.dir, "resolv.conf")),
	}
	for name, text := range files {
		path := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := s.start("containerd", "containerd", "-c", filepath.Join(s.dir, "containerd.toml")); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if exec.Command("ctr", "-a", socket, "version").Run() == nil {
			break
		}
		if i == 100 {
			return fmt.Errorf("containerd did not answer (see containerd.log)")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, image := range images {
		out, err := exec.Command("ctr", "-a", socket, "-n", "k8s.io", "images", "import", image).CombinedOutput()
		if err != nil {
			return fmt.Errorf("image %s: %w: %s", image, err, strings.TrimSpace(string(out)))
		}
	}
	if err := s.start("kubelet", "self", "kubelet", "--config="+filepath.Join(s.dir, "kubelet.yaml"), "--kubeconfig="+kubeconfig,
		"--root-dir="+filepath.Join(s.dir, "kubelet"), "--hostname-override=node"); err != nil {
		return err
	}
	if err := s.start("kube-scheduler", "self", "kube-scheduler", "--kubeconfig="+kubeconfig, "--leader-elect=false", "--secure-port=0"); err != nil {
		return err
	}
	return s.nodeReady(kubeconfig, 90*time.Second)
}

// bridge makes the bridge of the pods' network with the machine's own address on it, as the first pod
// would: whoever serves pods can listen there before. Clusters of one machine share it.
func bridge() error {
	if exec.Command("ip", "link", "show", "cni0").Run() == nil {
		return nil
	}
	for _, line := range []string{"link add cni0 type bridge", "addr add 10.88.0.1/16 dev cni0", "link set cni0 up"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

func (s *supervisor) nodeReady(kubeconfig string, limit time.Duration) error {
	client, err := clientFor(kubeconfig)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		if node, err := client.CoreV1().Nodes().Get(context.Background(), "node", metav1.GetOptions{}); err == nil {
			for _, c := range node.Status.Conditions {
				if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
					return nil
				}
			}
		}
		select {
		case err := <-s.died:
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("the node was not ready in %s (see kubelet.log)", limit)
}

func clientFor(kubeconfig string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

// sweep ends the containers that outlive containerd and lets go of every mount below dir, so that
// nothing of a stopped cluster stays behind.
func sweep(dir string) {
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	socket := filepath.Join(dir, "containerd.sock")
	for _, path := range processes {
		line, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(line), "containerd-shim") || !strings.Contains(string(line), socket) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			killTree(pid)
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	lines := strings.Split(string(mounts), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if fields := strings.Fields(lines[i]); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			_ = syscall.Unmount(fields[1], syscall.MNT_DETACH)
		}
	}
}

func killTree(pid int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if c, err := strconv.Atoi(child); err == nil {
			killTree(c)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
