// Program training runs the reconcilers of Kubeflow's training-operator against the cluster that KUBECONFIG names, until
// its standard input closes. They are the operator's own; only its webhooks are left out, which want certificates.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	kubeflow "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1"
	"github.com/kubeflow/training-operator/pkg/config"
	controllers "github.com/kubeflow/training-operator/pkg/controller.v1"
	"github.com/kubeflow/training-operator/pkg/controller.v1/common"
	"k8s.io/apimachinery/pkg/runtime"
	clientgo "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "training:", err)
		os.Exit(1)
	}
}

func run() error {
	flag.StringVar(&config.Config.PyTorchInitContainerImage, "init-image", "registry.local/init:1", "image in which workers wait for their master")
	flag.StringVar(&config.Config.PyTorchInitContainerTemplateFile, "init-template", "", "how they do that")
	flag.StringVar(&config.Config.MPIKubectlDeliveryImage, "kubectl-image", "registry.local/kubectl:1", "image that brings kubectl to launchers")
	flag.IntVar(&config.Config.PyTorchInitContainerMaxTries, "init-tries", 100, "how often they look")
	flag.Parse()
	ctrl.SetLogger(klog.NewKlogr())
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgo.AddToScheme, kubeflow.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	options := ctrl.Options{Scheme: scheme, Metrics: metrics.Options{BindAddress: "0"}}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), options)
	if err != nil {
		return err
	}
	for _, kind := range []string{kubeflow.PyTorchJobKind, kubeflow.TFJobKind, kubeflow.MPIJobKind} {
		if err := controllers.SupportedSchemeReconciler[kind](manager, common.GenNonGangSchedulerSetupFunc(), 1); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		// Whoever started this has gone, or wants it to.
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go func() {
		if manager.GetCache().WaitForCacheSync(ctx) {
			fmt.Println("ready")
		}
	}()
	return manager.Start(ctx)
}
