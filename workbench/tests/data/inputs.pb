

rush

 

items


a


b