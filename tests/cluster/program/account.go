package main

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// runAccount prints a kubeconfig with which a client is a service account, and may what that may.
func runAccount(kubeconfig, namespace, account string) error {
	client, err := clientFor(kubeconfig)
	if err != nil {
		return err
	}
	hours := int64(3600 * 12)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hours}}
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(context.Background(), account, request, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return err
	}
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: token.Status.Token}
	}
	text, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	fmt.Print(string(text))
	return nil
}
