// cluster starts a real Kubernetes control plane on one machine, for tests and measurements:
// etcd, kube-apiserver, kube-controller-manager and, as asked, kube-scheduler with a real kubelet
// (pods run in containerd) or an "instant" node, which finishes each pod at once.
//
//	cluster up --dir DIR --nodes none|instant|real [--image FILE.tar]... [--held] [--revive]
//	cluster floor KUBECONFIG chain|fanout N   (the time no controller can beat)
//	cluster apply KUBECONFIG [dry-run] < MANIFESTS
//	cluster account KUBECONFIG NAMESPACE NAME    (a kubeconfig with the rights of a service account)
//
// It prints "ready" and the kubeconfig's path when the API server serves, runs until it gets
// SIGINT or SIGTERM, and takes every process it started down with it. With --held it also ends when
// its standard input closes, and then removes DIR: nothing is left of a cluster whose owner was killed.
//
// Each child has DIR/NAME.pid and DIR/NAME.log. With --revive a child that ends is started again, but
// not while DIR/NAME.down exists: that is how tests kill a part, and keep it away.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"crypto/tls"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

const adminToken = "cluster-admin-token"

func main() {
	if len(os.Args) < 2 {
		fatal(errors.New("usage: cluster up --dir DIR [--nodes none|instant|real] [--image FILE.tar]..."))
	}
	verb := os.Args[1]
	component := func(c *cobra.Command) { os.Args = os.Args[1:]; os.Exit(cli.Run(c)) }
	switch verb {
	case "kube-apiserver":
		component(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		component(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		component(scheduler.NewSchedulerCommand())
	case "kubelet":
		component(kubelet.NewKubeletCommand(context.Background()))
	case "etcd":
		fatal(runEtcd(os.Args[2], os.Args[3], os.Args[4]))
	case "instant-node":
		fatal(runInstantNode(os.Args[2]))
	case "floor":
		fatal(runFloor(os.Args[2], os.Args[3], os.Args[4]))
	case "apply":
		fatal(runApply(os.Args[2], len(os.Args) > 3 && os.Args[3] == "dry-run"))
	case "account":
		fatal(runAccount(os.Args[2], os.Args[3], os.Args[4]))
	case "up":
		fatal(up(os.Args[2:]))
	default:
		fatal(fmt.Errorf("unknown verb %q", verb))
	}
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

type paths []string

func (p *paths) String() string     { return strings.Join(*p, ",") }
func (p *paths) Set(v string) error { *p = append(*p, v); return nil }

func up(args []string) error {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	dir := flags.String("dir", "", "folder for state, logs and the kubeconfig (made anew)")
	nodes := flags.String("nodes", "none", "none, instant or real")
	var images paths
	flags.Var(&images, "image", "docker-archive to load into the real node (repeatable)")
	held := flags.Bool("held", false, "end when standard input closes, and remove DIR")
	revive := flags.Bool("revive", false, "start a child again that ends")
	_ = flags.Parse(args)
	if *dir == "" {
		return errors.New("--dir is missing")
	}
	abs, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	sweep(abs)
	if err := os.RemoveAll(abs); err != nil {
		return err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return err
	}
	s := &supervisor{dir: abs, revive: *revive, forget: *held, died: make(chan error, 16), stopping: make(chan struct{})}
	if *held {
		defer os.RemoveAll(abs)
	}
	defer s.stop()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if *held {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			signals <- syscall.SIGTERM
		}()
	}

	kubeconfig, err := s.controlPlane()
	if err != nil {
		return err
	}
	switch *nodes {
	case "none":
	case "instant":
		err = s.start("instant-node", "self", "instant-node", kubeconfig)
	case "real":
		err = s.realNode(kubeconfig, images)
	default:
		err = fmt.Errorf("--nodes %q: none, instant or real", *nodes)
	}
	if err != nil {
		return err
	}
	fmt.Printf("ready %s\n", kubeconfig)
	select {
	case <-signals:
		return nil
	case err := <-s.died:
		return err
	}
}

func (s *supervisor) controlPlane() (string, error) {
	key := filepath.Join(s.dir, "service-account.key")
	if err := writeRSAKey(key); err != nil {
		return "", err
	}
	if err := writeClientCertificate(s.dir); err != nil {
		return "", err
	}
	tokens := filepath.Join(s.dir, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(adminToken+",admin,admin,system:masters\n"), 0o600); err != nil {
		return "", err
	}
	ports, err := freePorts(3)
	if err != nil {
		return "", err
	}
	etcdURL, peerURL := fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	if err := s.start("etcd", "self", "etcd", filepath.Join(s.dir, "etcd"), etcdURL, peerURL); err != nil {
		return "", err
	}
	certs := filepath.Join(s.dir, "certs")
	server := fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	if err := s.start("kube-apiserver", "self", "kube-apiserver",
		"--etcd-servers="+etcdURL, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]),
		"--cert-dir="+certs, "--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--service-account-issuer=https://kubernetes.default", "--token-auth-file="+tokens,
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-client-certificate="+filepath.Join(s.dir, kubeletClient+".crt"),
		"--kubelet-client-key="+filepath.Join(s.dir, kubeletClient+".key"),
		"--authorization-mode=Node,RBAC", "--allow-privileged=true", "--service-cluster-ip-range=10.0.0.0/24",
		"--disable-admission-plugins=TaintNodesByCondition",
		"--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000"); err != nil {
		return "", err
	}
	if err := s.waitFor(server+"/readyz", 90*time.Second); err != nil {
		return "", err
	}
	ca, err := os.ReadFile(filepath.Join(certs, "apiserver.crt"))
	if err != nil {
		return "", err
	}
	caFile := filepath.Join(s.dir, "ca.crt")
	if err := os.WriteFile(caFile, ca, 0o644); err != nil {
		return "", err
	}
	kubeconfig := filepath.Join(s.dir, "kubeconfig")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %q}}]
users: [{name: admin, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
`, server, base64.StdEncoding.EncodeToString(ca), adminToken)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		return "", err
	}
	// Garbage collection by owner, namespace deletion and default service accounts: what a
	// controller of pods leans on.
	return kubeconfig, s.start("kube-controller-manager", "self", "kube-controller-manager",
		"--kubeconfig="+kubeconfig, "--leader-elect=false", "--service-account-private-key-file="+key, "--root-ca-file="+caFile,
		"--secure-port=0", "--kube-api-qps=200", "--kube-api-burst=400",
		"--controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller,root-ca-certificate-publisher-controller,job-controller")
}

func (s *supervisor) waitFor(url string, limit time.Duration) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		request, _ := http.NewRequest("GET", url, nil)
		request.Header.Set("Authorization", "Bearer "+adminToken)
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == 200 {
				return nil
			}
		}
		select {
		case err := <-s.died:
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s did not answer in %s", url, limit)
}

func runEtcd(dir, client, peer string) error {
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "warn"
	config.UnsafeNoFsync = os.Getenv("CLUSTER_ETCD_FSYNC") == ""
	if err := setURLs(config, client, peer); err != nil {
		return err
	}
	e, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	select {
	case <-signals:
		e.Close()
		return nil
	case err := <-e.Err():
		return err
	}
}

func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
