package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// runApply applies the manifests on standard input, as `kubectl apply --server-side` does; with
// "dry-run" the API server judges them and keeps nothing. Definitions of resources are waited for.
func runApply(kubeconfig string, dryRun bool) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	known, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(known))
	options := metav1.PatchOptions{FieldManager: "cluster", Force: new(bool), FieldValidation: "Strict"}
	*options.Force = true
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	var problems []error
	decoder := yaml.NewYAMLOrJSONDecoder(os.Stdin, 4096)
	for {
		// Not into an object at once: a document may be a comment alone.
		var fields map[string]any
		if err := decoder.Decode(&fields); errors.Is(err, io.EOF) {
			return errors.Join(problems...)
		} else if err != nil {
			return err
		}
		if len(fields) == 0 {
			continue
		}
		object := &unstructured.Unstructured{Object: fields}
		if err := apply(client, mapper, object, options); err != nil {
			problems = append(problems, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err))
			continue
		}
		fmt.Printf("%s/%s\n", strings.ToLower(object.GetKind()), object.GetName())
	}
}

func apply(client dynamic.Interface, mapper *restmapper.DeferredDiscoveryRESTMapper, object *unstructured.Unstructured, options metav1.PatchOptions) error {
	kind := object.GroupVersionKind()
	mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	body, err := object.MarshalJSON()
	if err != nil {
		return err
	}
	resources := client.Resource(mapping.Resource)
	var in dynamic.ResourceInterface = resources
	if mapping.Scope.Name() == "namespace" {
		namespace := object.GetNamespace()
		if namespace == "" {
			namespace = "default"
		}
		in = resources.Namespace(namespace)
	}
	ctx := context.Background()
	if _, err := in.Patch(ctx, object.GetName(), types.ApplyPatchType, body, options); err != nil {
		return err
	}
	if kind.Kind != "CustomResourceDefinition" || len(options.DryRun) > 0 {
		return nil
	}
	defer mapper.Reset()
	return established(ctx, in, object.GetName())
}

func established(ctx context.Context, in dynamic.ResourceInterface, name string) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		object, err := in.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
		for _, condition := range conditions {
			fields, _ := condition.(map[string]any)
			if fields["type"] == "Established" && fields["status"] == "True" {
				return nil
			}
		}
	}
	return errors.New("it was not established in 30 s")
}
